package dev.earshot.tensor.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.cases.Differentiable.Domain;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * The backward ops of the scalar reference against central differences of its forward ops, over the F32 rows of the op
 * table. (That other backends agree with the reference is the table's own test.)
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GradientsTest {
    private static final long SEED = 20261121;

    /** Of the difference quotients; the fourth-order formula then errs by some 1e-7 and F32 results add 1e-5. */
    private static final double STEP = 1.0 / 64;

    /** Accepted mean squared difference over the mean square of the gradient. */
    private static final double TOLERANCE = 1e-6;

    private static final double FLOOR = 0.03;

    /** Elements of each input that are moved. */
    private static final int PROBES = 24;

    private Backend reference;
    private Backend spy;
    private Optional<Differentiable> last = Optional.empty();

    @BeforeAll
    void open() {
        reference = new ReferenceBackend();
        spy = (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    if (method.getReturnType() == void.class && arguments != null) {
                        last = Differentiable.of(method.getName(), arguments);
                    }
                    try {
                        return method.invoke(reference, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @AfterAll
    void close() {
        reference.close();
    }

    private static List<OpCase> rows() {
        return OpCases.all().stream()
                .filter(row -> row.scale() == Scale.SMALL && row.precision() == DType.F32)
                .toList();
    }

    @TestFactory
    List<DynamicTest> backwardOpsAreTheSlopesOfTheForwardOps() {
        List<DynamicTest> tests = new ArrayList<>();
        for (OpCase row : rows()) {
            try (OpRun run = row.open(spy, SEED)) {
                run.execute();
                if (last.isPresent()) {
                    tests.add(dynamicTest(row.name(), () -> check(row)));
                }
            }
        }
        return tests;
    }

    @Test
    void everyDifferentiableOpIsChecked() {
        Set<String> checked = new HashSet<>();
        for (OpCase row : rows()) {
            try (OpRun run = row.open(spy, SEED)) {
                run.execute();
                if (last.isPresent()) {
                    checked.add(row.op());
                }
            }
        }
        assertEquals(
                Set.of(
                        "linear",
                        "matmul",
                        "layerNorm",
                        "softmax",
                        "l2Normalize",
                        "attention",
                        "crossModalAttention",
                        "unary",
                        "binary",
                        "affine",
                        "copy",
                        "reduce"),
                checked);
    }

    private void check(OpCase row) {
        try (OpRun run = row.open(spy, SEED);
                Workspace ws = reference.workspace(0)) {
            run.execute();
            Differentiable call = last.orElseThrow();
            SplittableRandom random = new SplittableRandom(SEED);
            double[] weights = gaussians(random, call.out().shape().elements());
            Tensor gradOut = upload(ws, weights, call.out());
            List<Tensor> grads = new ArrayList<>();
            List<double[]> before = new ArrayList<>();
            for (Tensor input : call.inputs()) {
                before.add(gaussians(random, input.shape().elements()));
                grads.add(upload(ws, before.getLast(), input));
            }
            call.backward().run(reference.training(), gradOut, grads);
            Probe probe = new Probe(run, call, weights, random);
            for (int i = 0; i < grads.size(); i++) {
                if (repeats(call.inputs().get(i))) {
                    continue; // its elements cannot be moved one by one
                }
                double[] gradient = widen(reference.download(grads.get(i)));
                for (int e = 0; e < gradient.length; e++) {
                    gradient[e] -= before.get(i)[e];
                }
                probe.compare(call.inputs().get(i), gradient);
            }
        }
    }

    /** Whether several elements lie in one place; such an input is checked in the rows where they do not. */
    private static boolean repeats(Tensor x) {
        for (int axis = 0; axis < x.shape().rank(); axis++) {
            if (x.stride(axis) == 0 && x.dim(axis) > 1) {
                return true;
            }
        }
        return false;
    }

    private static double[] gaussians(SplittableRandom random, long count) {
        double[] values = new double[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private Tensor upload(Workspace ws, double[] values, Tensor like) {
        return reference.upload(ws, HostTensor.of(narrow(values), like.shape().toArray()), DType.F32);
    }

    private static float[] narrow(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    private static double[] widen(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /** The slopes of L = sum(weights * out) along single elements of the inputs. */
    private final class Probe {
        private final OpRun run;
        private final Differentiable call;
        private final double[] weights;
        private final SplittableRandom random;

        Probe(OpRun run, Differentiable call, double[] weights, SplittableRandom random) {
            this.run = run;
            this.call = call;
            this.weights = weights;
            this.random = random;
        }

        void compare(Tensor input, double[] gradient) {
            float[] values = reference.download(input);
            List<Double> expected = new ArrayList<>();
            List<Double> actual = new ArrayList<>();
            int tried = Math.min(PROBES, values.length);
            for (int i = 0; i < tried; i++) {
                int at = values.length <= PROBES ? i : random.nextInt(values.length);
                double step = call.domain() == Domain.POSITIVE ? STEP * Math.min(1, values[at]) : STEP;
                double inner = slope(input, values, at, step);
                double outer = slope(input, values, at, 2 * step);
                boolean kink =
                        call.domain() == Domain.PIECEWISE && Math.abs(inner - outer) > 1e-3 * (1 + Math.abs(inner));
                if (!kink) {
                    expected.add((4 * inner - outer) / 3);
                    actual.add(gradient[at]);
                }
            }
            assertTrue(2 * expected.size() >= tried, "too few elements away from kinks");
            // Beside a slope of nearly 0, what counts is the rounding of the results that the quotient divides.
            expected.add(FLOOR);
            actual.add(FLOOR);
            double error = Comparison.nmse(array(expected), array(actual));
            assertTrue(error <= TOLERANCE, "differences %s, backward op %s".formatted(expected, actual));
        }

        private double[] array(List<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }

        private double slope(Tensor input, float[] values, int at, double step) {
            float kept = values[at];
            float above = (float) (kept + step);
            float below = (float) (kept - step);
            double difference = 0;
            values[at] = above;
            double[] high = forward(input, values);
            values[at] = below;
            double[] low = forward(input, values);
            values[at] = kept;
            reference.upload(HostTensor.of(values, input.shape().toArray()), input);
            for (int i = 0; i < high.length; i++) {
                difference += weights[i] * (high[i] - low[i]);
            }
            return difference / ((double) above - below);
        }

        private double[] forward(Tensor input, float[] values) {
            reference.upload(HostTensor.of(values, input.shape().toArray()), input);
            run.execute();
            return widen(reference.download(call.out()));
        }
    }
}
