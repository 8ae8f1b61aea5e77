package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Backward ops at kinks, ties, degenerate rows and infinities, against answers known without a computation. */
class TrainingValuesTest {
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float TOLERANCE = 1e-6f;

    static Stream<String> backends() {
        return SpecialValuesTest.backends();
    }

    /** A test body. */
    private interface Body {
        void run(Backend backend, Workspace ws);
    }

    private static void on(String name, Body body) {
        try (Backend backend = Backends.open(name);
                Workspace ws = backend.workspace(1 << 16)) {
            body.run(backend, ws);
        }
    }

    private static Tensor row(Backend backend, Workspace ws, float... values) {
        return backend.upload(ws, HostTensor.of(values, 1, values.length), DType.F32);
    }

    private static Tensor one(Backend backend, Workspace ws, float value) {
        return backend.upload(ws, HostTensor.of(new float[] {value}, 1), DType.F32);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void theSlopeAtAKinkIsZero(String name) {
        on(name, (b, ws) -> {
            Tensor x = row(b, ws, -2, 0, 3);
            Tensor grad = row(b, ws, 5, 5, 5);
            Tensor relu = row(b, ws, 1, 1, 1);
            b.training().unaryBackward(UnaryOp.RELU, x, grad, relu);
            assertArrayEquals(new float[] {1, 1, 6}, b.download(relu));
            Tensor abs = row(b, ws, 1, 1, 1);
            b.training().unaryBackward(UnaryOp.ABS, x, grad, abs);
            assertArrayEquals(new float[] {-4, 1, 6}, b.download(abs));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void theFirstOfEqualExtremesGetsTheGradient(String name) {
        on(name, (b, ws) -> {
            Tensor x = row(b, ws, 1, 4, 1, 4);
            Tensor max = row(b, ws, 0, 0, 0, 0);
            b.training().reduceBackward(ReduceOp.MAX, x, 1, one(b, ws, 2), max);
            assertArrayEquals(new float[] {0, 2, 0, 0}, b.download(max));
            Tensor min = row(b, ws, 0, 0, 0, 0);
            b.training().reduceBackward(ReduceOp.MIN, x, 1, one(b, ws, 2), min);
            assertArrayEquals(new float[] {2, 0, 0, 0}, b.download(min));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void logSumExpNeitherOverflowsNorLosesEmptyRows(String name) {
        on(name, (b, ws) -> {
            Tensor out = one(b, ws, 0);
            Tensor large = row(b, ws, 1000, 1000);
            b.reduce(ReduceOp.LOG_SUM_EXP, large, 1, out);
            assertArrayEquals(new float[] {(float) (1000 + Math.log(2))}, b.download(out));
            Tensor halves = row(b, ws, 0, 0);
            b.training().reduceBackward(ReduceOp.LOG_SUM_EXP, large, 1, one(b, ws, 3), halves);
            assertArrayEquals(new float[] {1.5f, 1.5f}, b.download(halves), TOLERANCE);
            Tensor nothing = row(b, ws, -INF, -INF);
            b.reduce(ReduceOp.LOG_SUM_EXP, nothing, 1, out);
            assertArrayEquals(new float[] {-INF}, b.download(out));
            Tensor unchanged = row(b, ws, 7, 8);
            b.training().reduceBackward(ReduceOp.LOG_SUM_EXP, nothing, 1, one(b, ws, 3), unchanged);
            assertArrayEquals(new float[] {7, 8}, b.download(unchanged));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aShortRowIsDividedByEps(String name) {
        on(name, (b, ws) -> {
            Tensor sum = row(b, ws, 0, 0);
            b.training().l2NormalizeBackward(row(b, ws, 0, 0), 0.5f, row(b, ws, 1, 2), sum);
            assertArrayEquals(new float[] {2, 4}, b.download(sum));
            Tensor across = row(b, ws, 0, 0);
            b.training().l2NormalizeBackward(row(b, ws, 2, 0), 0.5f, row(b, ws, 1, 2), across);
            assertArrayEquals(new float[] {0, 1}, b.download(across), TOLERANCE);
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void theFirstStepOfAdamIsTheLearningRateAgainstTheSign(String name) {
        on(name, (b, ws) -> {
            Tensor p = row(b, ws, 1, 1, 1);
            Tensor m = row(b, ws, 0, 0, 0);
            Tensor v = row(b, ws, 0, 0, 0);
            HostTensor scalars = new AdamStep(1, 0.125, 0.9, 0.999, 1e-12, 0, 0, 1).scalars();
            Tensor gradient = row(b, ws, 3, -0.01f, 0);
            b.training().adam(p, gradient, m, v, b.upload(ws, scalars, DType.F32));
            assertArrayEquals(new float[] {0.875f, 1.125f, 1}, b.download(p), TOLERANCE);
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void gradientsOfOneTensorInTwoPlacesAddUp(String name) {
        on(name, (b, ws) -> {
            // One key: the weight is 1 whatever the scores, so only the value passes a gradient on.
            Tensor x = b.upload(ws, HostTensor.of(new float[] {1, 2}, 1, 1, 2), DType.F32);
            Tensor grad = b.upload(ws, HostTensor.of(new float[] {3, 4}, 1, 1, 2), DType.F32);
            Tensor sum = b.upload(ws, HostTensor.of(new float[] {10, 20}, 1, 1, 2), DType.F32);
            b.training().attentionBackward(x, x, x, 1, 1, grad, sum, sum, sum);
            assertArrayEquals(new float[] {13, 24}, b.download(sum), TOLERANCE);
        });
    }
}
