package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What only the kernels on rows can get wrong: widths about packs, warps and blocks, rows in registers, shared and scratch
 * memory, rows that start anywhere, neighbours within a warp.
 */
class RowOpsTest {
    private static final double TOLERANCE = 1e-12;

    /** About packs of 4, groups of 4 to 32 threads, registers (129 to 1,280), a warp, a block, and shared memory. */
    private static final int[] WIDTHS = {
        1, 3, 4, 5, 16, 31, 32, 33, 64, 127, 128, 129, 132, 1023, 1024, 1025, 1028, 1280, 1284, 5120, 5124, 10_244
    };

    private static final int ROWS = 5;

    static List<String> backends() {
        return TestBackends.names().toList();
    }

    /** An op from rows x to rows y; y holds values already, to which backward ops add. */
    @FunctionalInterface
    private interface RowOp {
        void run(Backend b, Workspace ws, Tensor x, Tensor y);
    }

    private static Map<String, RowOp> ops(int width) {
        float[] gamma = values(7, width, 1, 0.2);
        float[] beta = values(8, width, 0, 1);
        Map<String, RowOp> ops = new LinkedHashMap<>();
        ops.put("layerNorm", (b, ws, x, y) -> b.layerNorm(x, vector(b, ws, gamma), vector(b, ws, beta), 1e-6f, y));
        ops.put("layerNorm plain", (b, ws, x, y) -> b.layerNorm(x, 1e-6f, y));
        ops.put("softmax", (b, ws, x, y) -> b.softmax(x, 0.7f, y));
        ops.put("l2Normalize", (b, ws, x, y) -> b.l2Normalize(x, 1e-12f, y));
        return ops;
    }

    private static Map<String, RowOp> backwardOps(int width) {
        float[] gamma = values(7, width, 1, 0.2);
        float[] grad = values(9, ROWS * width, 0, 1);
        Map<String, RowOp> ops = new LinkedHashMap<>();
        ops.put(
                "layerNormBackward",
                (b, ws, x, y) ->
                        b.training().layerNormBackward(x, vector(b, ws, gamma), 1e-6f, like(b, ws, grad, x), y));
        ops.put(
                "layerNormBackward plain",
                (b, ws, x, y) -> b.training().layerNormBackward(x, 1e-6f, like(b, ws, grad, x), y));
        ops.put("softmaxBackward", (b, ws, x, y) -> b.training().softmaxBackward(x, 0.7f, like(b, ws, grad, x), y));
        ops.put(
                "l2NormalizeBackward",
                (b, ws, x, y) -> b.training().l2NormalizeBackward(x, 1e-12f, like(b, ws, grad, x), y));
        return ops;
    }

    private static float[] values(long seed, int count, double mean, double deviation) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (mean + deviation * random.nextGaussian());
        }
        return values;
    }

    private static Tensor vector(Backend b, Workspace ws, float[] values) {
        return b.upload(ws, HostTensor.of(values, values.length), DType.F32);
    }

    private static Tensor like(Backend b, Workspace ws, float[] values, Tensor x) {
        return b.upload(ws, HostTensor.of(values, x.shape().toArray()), DType.F32);
    }

    /** Values [ROWS, width] as a view whose rows start {@code left} elements into those of a wider buffer. */
    private static Tensor view(Backend b, Workspace ws, float[] values, int width, int left, DType dtype) {
        int pitch = width + left + (left == 0 ? 0 : 3);
        float[] buffer = new float[values.length / width * pitch];
        Arrays.fill(buffer, Float.NaN); // beside the rows: nobody may read it
        for (int row = 0; row < values.length / width; row++) {
            System.arraycopy(values, row * width, buffer, row * pitch + left, width);
        }
        return b.upload(ws, HostTensor.of(buffer, values.length / width, pitch), dtype)
                .slice(1, left, left + width);
    }

    private static double[] run(Backend b, RowOp op, float[] x, int width, int left, DType in, DType out) {
        try (Workspace ws = b.workspace(1 << 20)) {
            Tensor y = view(b, ws, values(3, x.length, 0, 1), width, left, out);
            op.run(b, ws, view(b, ws, x, width, left, in), y);
            float[] result = b.download(y);
            double[] values = new double[result.length];
            Arrays.setAll(values, i -> result[i]);
            return values;
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void everyWidthAndEveryStartMatchTheReference(String name) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (int width : WIDTHS) {
                float[] x = values(width, ROWS * width, 3, 2);
                Map<String, RowOp> all = ops(width);
                all.putAll(backwardOps(width));
                all.forEach((op, body) -> {
                    double[] expected = run(truth, body, x, width, 0, DType.F32, DType.F32);
                    for (int left : new int[] {0, 1, 4}) {
                        double[] actual = run(cuda, body, x, width, left, DType.F32, DType.F32);
                        double error = Comparison.nmse(expected, actual);
                        assertTrue(error <= TOLERANCE, "%s width %d at %d: %s".formatted(op, width, left, error));
                    }
                });
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void bf16IsRoundedOnceAtTheStore(String name) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (int width : new int[] {7, 12, 129, 768, 1284, 1285}) {
                float[] x = values(width, ROWS * width, 0.5, 2);
                for (int i = 0; i < x.length; i++) {
                    x[i] = Floats.roundBf16(x[i]);
                }
                ops(width).forEach((op, body) -> {
                    double[] exact = run(truth, body, x, width, 0, DType.F32, DType.F32);
                    double[] rounded = Arrays.stream(exact)
                            .map(value -> Floats.roundBf16((float) value))
                            .toArray();
                    for (int left : new int[] {0, 2, 4}) {
                        String where = "%s width %d at %d".formatted(op, width, left);
                        double[] fromBf16 = run(cuda, body, x, width, left, DType.BF16, DType.F32);
                        assertTrue(Comparison.nmse(exact, fromBf16) <= TOLERANCE, where);
                        for (DType in : new DType[] {DType.F32, DType.BF16}) {
                            double[] actual = run(cuda, body, x, width, left, in, DType.BF16);
                            // A result next to the middle of two bf16 numbers may go the other way.
                            double error = Math.sqrt(Comparison.nmse(rounded, actual));
                            assertTrue(error <= 2e-4, where + " from " + in + ": " + error);
                        }
                    }
                });
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void rowsWhoseLeadingAxesDoNotMerge(String name) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            int width = 132;
            float[] x = values(1, 2 * 3 * 4 * width, 3, 2);
            RowOp exchanged = (b, ws, from, to) -> {
                Tensor grid = from.reshape(2, 3, 4, width);
                Tensor target = b.upload(ws, HostTensor.of(values(2, x.length, 0, 1), 4, 3, 2, width), DType.F32);
                Tensor gradients = b.upload(ws, HostTensor.of(values(4, x.length, 0, 1), 2, 4, 3, width), DType.F32);
                // axes (2, 3, 4) of x, in two other orders in memory
                b.layerNorm(grid, 1e-6f, target.transpose(0, 2));
                b.training().layerNormBackward(grid, 1e-6f, gradients.transpose(1, 2), target.transpose(0, 2));
                b.copy(target.reshape(24, width), to);
            };
            double[] expected = run(truth, exchanged, x, width, 0, DType.F32, DType.F32);
            double[] actual = run(cuda, exchanged, x, width, 0, DType.F32, DType.F32);
            assertTrue(Comparison.nmse(expected, actual) <= TOLERANCE);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aLargeMeanCostsNoDigits(String name) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (int width : new int[] {33, 768, 1285}) {
                float[] x = values(width, ROWS * width, 1e5, 1);
                for (String op : List.of("layerNorm", "layerNorm plain")) {
                    RowOp body = ops(width).get(op);
                    double[] expected = run(truth, body, x, width, 0, DType.F32, DType.F32);
                    double[] actual = run(cuda, body, x, width, 0, DType.F32, DType.F32);
                    assertTrue(Comparison.nmse(expected, actual) <= TOLERANCE, op + " width " + width);
                }
                RowOp backward = backwardOps(width).get("layerNormBackward");
                double[] expected = run(truth, backward, x, width, 0, DType.F32, DType.F32);
                double[] actual = run(cuda, backward, x, width, 0, DType.F32, DType.F32);
                assertTrue(Comparison.nmse(expected, actual) <= TOLERANCE, "backward width " + width);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void constantRowsOfOddWidthBecomeZero(String name) {
        try (Backend cuda = Backends.open(name)) {
            for (int width : new int[] {7, 132, 1285}) {
                float[] x = new float[ROWS * width];
                Arrays.fill(x, 1e6f + 0.1875f);
                RowOp plain = ops(width).get("layerNorm plain");
                assertArrayEquals(new double[x.length], run(cuda, plain, x, width, 0, DType.F32, DType.F32));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void tinyAndHugeRowsHaveALengthToo(String name) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (int width : new int[] {5, 8, 132, 1285}) {
                float[] x = values(width, ROWS * width, 0, 1);
                for (int i = 0; i < width; i++) {
                    x[i] *= 1e-25f;
                    x[2 * width + i] *= 1e25f;
                }
                RowOp unit = (b, ws, from, to) -> b.l2Normalize(from, 1e-30f, to);
                assertClose(truth, cuda, unit, x, width, "l2Normalize width " + width);
                // Gradients of a tiny row are huge: each row by itself, or the others would not count.
                for (int row = 0; row < ROWS; row++) {
                    float[] one = Arrays.copyOfRange(x, row * width, (row + 1) * width);
                    float[] grad = values(9, width, 0, 1);
                    RowOp backward = (b, ws, from, to) -> {
                        Tensor gradX = vector(b, ws, new float[width]).reshape(1, width);
                        b.training().l2NormalizeBackward(from, 1e-30f, like(b, ws, grad, from), gradX);
                        b.copy(gradX, to);
                    };
                    assertClose(truth, cuda, backward, one, width, "backward width " + width + " row " + row);
                }
            }
        }
    }

    private static void assertClose(Backend truth, Backend cuda, RowOp op, float[] x, int width, String what) {
        double[] expected = run(truth, op, x, width, 0, DType.F32, DType.F32);
        double[] actual = run(cuda, op, x, width, 0, DType.F32, DType.F32);
        double error = Comparison.nmse(expected, actual);
        assertTrue(error <= TOLERANCE, what + ": " + error);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void oneRowsNaNStaysInThatRow(String name) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                for (int width : new int[] {5, 8, 132, 1285}) {
                    float[] x = values(width, ROWS * width, 0, 1);
                    x[width + width / 2] = special;
                    Map<String, RowOp> all = ops(width);
                    all.putAll(backwardOps(width));
                    all.forEach((op, body) -> {
                        double[] expected = run(truth, body, x, width, 0, DType.F32, DType.F32);
                        double[] actual = run(cuda, body, x, width, 0, DType.F32, DType.F32);
                        for (int i = 0; i < expected.length; i++) {
                            String where = "%s of %s, width %d, element %d".formatted(op, special, width, i);
                            assertEquals(expected[i], actual[i], tolerance(expected[i]), where);
                        }
                    });
                }
            }
        }
    }

    /** NaN and infinities are met exactly whatever the tolerance. */
    private static double tolerance(double expected) {
        return Double.isFinite(expected) ? 1e-5 * (1 + Math.abs(expected)) : 1e-5;
    }

    @ParameterizedTest
    @MethodSource("backends")
    void softmaxOfHugeScoresAndOfNothing(String name) {
        try (Backend cuda = Backends.open(name)) {
            for (int width : new int[] {6, 132, 1285}) {
                float[] x = new float[2 * width];
                Arrays.fill(x, -1e30f);
                x[width / 2] = 1.1e30f;
                Arrays.fill(x, width, 2 * width, Float.NEGATIVE_INFINITY);
                RowOp scaled = (b, ws, from, to) -> b.softmax(from, 0.3f, to);
                double[] expected = new double[2 * width];
                expected[width / 2] = 1;
                Arrays.fill(expected, width, 2 * width, Double.NaN);
                assertArrayEquals(expected, run(cuda, scaled, x, width, 0, DType.F32, DType.F32));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void parameterGradientsOverManyRowsAddUp(String name) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (int[] shape : new int[][] {{1, 1}, {63, 33}, {64, 32}, {65, 31}, {4500, 5}, {130, 132}, {3, 1285}}) {
                for (int left : new int[] {0, 1}) {
                    assertArrayClose(
                            parameterGradients(truth, shape[0], shape[1], 0),
                            parameterGradients(cuda, shape[0], shape[1], left),
                            Arrays.toString(shape) + " at " + left);
                }
            }
        }
    }

    private static void assertArrayClose(double[] expected, double[] actual, String what) {
        double error = Comparison.nmse(expected, actual);
        assertTrue(error <= TOLERANCE, what + ": " + error);
    }

    /** Gradients of gamma, then of beta, then the sum of both where one tensor serves for both. */
    private static double[] parameterGradients(Backend b, int rows, int width, int left) {
        try (Workspace ws = b.workspace(1 << 20)) {
            Tensor x = view(b, ws, values(1, rows * width, 3, 2), width, left, DType.F32);
            Tensor grad = view(b, ws, values(2, rows * width, 0, 1), width, left, DType.F32);
            Tensor gamma = vector(b, ws, values(3, width, 0, 1));
            Tensor beta = vector(b, ws, values(4, width, 0, 1));
            Tensor both = vector(b, ws, values(5, width, 0, 1));
            b.training().layerNormParametersBackward(x, 1e-6f, grad, gamma, beta);
            b.training().layerNormParametersBackward(x, 1e-6f, grad, both, both);
            double[] all = new double[3 * width];
            int at = 0;
            for (Tensor result : new Tensor[] {gamma, beta, both}) {
                for (float value : b.download(result)) {
                    all[at++] = value;
                }
            }
            return all;
        }
    }
}
