package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The scalar reference and every device of the tests, open as long as a test class: ops on the same random operands, and the
 * normalised mean squared error of what they give. A static field with {@code @RegisterExtension}.
 */
final class BesideReference implements BeforeAllCallback, AfterAllCallback {
    private static final long MEMORY = 4 << 20;
    private static final long SEED = 7;

    private final double range;
    private List<Backend> devices;
    private Backend truth;

    /** With operands between {@code -range} and {@code range}. */
    BesideReference(double range) {
        this.range = range;
    }

    /** Makes the same operands on every backend. */
    record Operands(
            Backend backend, Workspace memory, ParameterScope parameters, SplittableRandom random, double range) {
        Tensor input(DType dtype, long... shape) {
            return upload(dtype, values(shape), shape);
        }

        Tensor input(long... shape) {
            return input(DType.F32, shape);
        }

        Tensor upload(DType dtype, float[] values, long... shape) {
            return backend.upload(memory, HostTensor.of(values, shape), dtype);
        }

        /** Columns from {@code skipped} on of a buffer that is wider by {@code skipped + 3}. */
        Tensor columns(DType dtype, long skipped, long... shape) {
            Shape wide = Shape.of(shape).with(-1, Shape.of(shape).dim(-1) + skipped + 3);
            return input(dtype, wide.toArray()).slice(-1, skipped, wide.dim(-1) - 3);
        }

        /** A layer with a bias. */
        Linear layer(DType compute, long in, long out) {
            HostTensor weight = HostTensor.of(values(out, in), out, in);
            return parameters.linear(weight, HostTensor.of(values(out), out), compute);
        }

        float[] values(long... shape) {
            return values(x -> x, shape);
        }

        /** What {@code value} makes of them. */
        float[] values(DoubleUnaryOperator value, long... shape) {
            float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) value.applyAsDouble(random.nextDouble(-range, range));
            }
            return values;
        }

        /** A copy that is contiguous. */
        Tensor dense(Tensor x) {
            Tensor copy = memory.allocate(DType.F32, x.shape().toArray());
            backend.copy(x, copy);
            return copy;
        }
    }

    /** Runs ops and returns their results. */
    @FunctionalInterface
    interface Body {
        Tensor[] run(Operands operands);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        devices = TestBackends.open(); // first: skips the class where none can run
        truth = new ReferenceBackend();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (truth != null) {
            devices.forEach(Backend::close);
            truth.close();
        }
    }

    List<Backend> devices() {
        return devices;
    }

    /** Results of a backend, one after the other. */
    double[][] run(Backend backend, Body body) {
        try (Workspace memory = backend.workspace(MEMORY);
                ParameterScope parameters = backend.parameters()) {
            Tensor[] results = body.run(new Operands(backend, memory, parameters, new SplittableRandom(SEED), range));
            double[][] values = new double[results.length][];
            for (int i = 0; i < results.length; i++) {
                float[] one = backend.download(results[i]);
                values[i] =
                        IntStream.range(0, one.length).mapToDouble(j -> one[j]).toArray();
            }
            return values;
        }
    }

    /** Those of the reference. */
    double[][] expected(Body body) {
        return run(truth, body);
    }

    /** Fails if a result of a device is off by more than {@code tolerance}, or nearly all of one is zero. */
    void matches(double tolerance, Body body) {
        double[][] expected = expected(body);
        for (Backend device : devices) {
            double[][] actual = run(device, body);
            for (int i = 0; i < expected.length; i++) {
                assertTrue(Comparison.zeros(expected[i]) < 0.9);
                double error = Comparison.nmse(expected[i], actual[i]);
                String text =
                        "%s, result %d: error %.2e".formatted(device.info().name(), i, error);
                assertTrue(error <= tolerance, text);
            }
        }
    }
}
