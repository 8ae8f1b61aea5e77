package dev.earshot.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.TestBackends;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What follows a product, for special values and every width; the op table has the ordinary ones. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BiasActivationKernelTest {
    private static final float[] SPECIAL = {
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        0,
        -0f,
        1,
        -1,
        1e-30f,
        -1e-30f,
        12,
        -12,
        3e38f,
        -3e38f
    };

    private List<Backend> backends;
    private Backend truth;

    @BeforeAll
    void open() {
        backends = TestBackends.open();
        truth = new ReferenceBackend();
    }

    @AfterAll
    void close() {
        if (backends != null) {
            backends.forEach(Backend::close);
            truth.close();
        }
    }

    /** A path through the op whose activation is computed by our kernel. */
    private record Path(Activation activation, DType compute, DType result, boolean residual) {}

    private static List<Path> paths() {
        return List.of(
                new Path(Activation.GELU, DType.F32, DType.F32, false),
                new Path(Activation.QUICK_GELU, DType.F32, DType.F32, false),
                new Path(Activation.NONE, DType.F32, DType.BF16, false),
                new Path(Activation.RELU, DType.F32, DType.BF16, false),
                new Path(Activation.GELU, DType.F32, DType.BF16, false),
                new Path(Activation.GELU, DType.BF16, DType.BF16, false),
                new Path(Activation.QUICK_GELU, DType.BF16, DType.BF16, false),
                new Path(Activation.RELU, DType.F32, DType.F32, true),
                new Path(Activation.GELU, DType.BF16, DType.F32, true));
    }

    /** activation(x) for every value, by a layer that multiplies by one; its width is that of the row. */
    private static float[] activate(Backend backend, Path path, float[] values) {
        try (Workspace memory = backend.workspace(1 << 16);
                ParameterScope parameters = backend.parameters()) {
            Linear layer = parameters.linear(HostTensor.of(values, values.length, 1), path.compute());
            Tensor one = memory.allocate(path.compute(), 2, 1);
            backend.upload(HostTensor.of(new float[] {1, 1}, 2, 1), one);
            Tensor y = memory.allocate(path.result(), 2, values.length);
            if (path.residual()) {
                backend.training().fill(y, 0.5f);
                backend.linear(one, layer, path.activation(), y, y);
            } else {
                backend.linear(one, layer, path.activation(), y);
            }
            return backend.download(y);
        }
    }

    private void matches(Path path, float[] values) {
        float[] expected = activate(truth, path, values);
        for (Backend backend : backends) {
            float[] actual = activate(backend, path, values);
            for (int i = 0; i < expected.length; i++) {
                float allowed = Float.isFinite(expected[i])
                        ? Math.max(
                                1e-7f,
                                Math.abs(expected[i])
                                        * (path.compute() == DType.F32 && path.result() == DType.F32 ? 1e-6f : 0x1p-7f))
                        : 0;
                assertEquals(expected[i], actual[i], allowed, path + " of " + values[i % values.length]);
            }
        }
    }

    @Test
    void specialValuesPassAsInTheReference() {
        for (Path path : paths()) {
            matches(path, SPECIAL);
        }
    }

    @Test
    void everyWidthAroundThePacksAndBlocksMatchesReference() {
        for (int width : new int[] {1, 2, 3, 4, 5, 7, 8, 127, 128, 129, 1023, 1024, 1025, 1028, 2049}) {
            float[] values = new float[width];
            for (int i = 0; i < width; i++) {
                values[i] = (float) Math.sin(i) * 3;
            }
            for (Path path : paths()) {
                matches(path, values);
            }
        }
    }
}
