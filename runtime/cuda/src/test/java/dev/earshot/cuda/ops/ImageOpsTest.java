package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What only the kernels on images can get wrong: uneven kernels, views, borders, planes shared by a block. */
class ImageOpsTest {
    private static final double TOLERANCE = 1e-12;

    static List<String> backends() {
        return TestBackends.names().toList();
    }

    /** An op from an image to a new tensor. */
    @FunctionalInterface
    private interface ImageOp {
        Tensor run(Backend b, Workspace ws, Tensor x);
    }

    private static float[] values(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static double[] run(Backend b, ImageOp op, float[] image, long... dims) {
        try (Workspace ws = b.workspace(1 << 20)) {
            Tensor y = op.run(b, ws, b.upload(ws, HostTensor.of(image, dims), DType.F32));
            float[] result = b.download(y);
            double[] values = new double[result.length];
            Arrays.setAll(values, i -> result[i]);
            return values;
        }
    }

    private static void compare(String name, ImageOp op, float[] image, long... dims) {
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            double error = Comparison.nmse(run(truth, op, image, dims), run(cuda, op, image, dims));
            assertTrue(error <= TOLERANCE, "normalised mean squared error " + error);
        }
    }

    /** Columns 2 to 2 + width of x [B, C, H, W] with the first two axes exchanged, as a view. */
    private static Tensor part(Tensor x, long width) {
        return x.transpose(0, 1).slice(-1, 2, 2 + width);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void patchesOfUnevenKernelsAndStrides(String name) {
        float[] image = values(1, 3 * 2 * 11 * 16);
        ImageOp unfold = (b, ws, x) -> {
            Tensor wide = ws.allocate(DType.F32, 2, 4 * 5, 3 * 4 * 3 + 5);
            Tensor y = wide.slice(2, 3, 3 + 3 * 4 * 3);
            b.unfold(part(x, 12), 4, 3, 2, 2, y);
            return y;
        };
        compare(name, unfold, image, 3, 2, 11, 16);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void patchesWiderThanABlock(String name) {
        float[] image = values(2, 2 * 5 * 20 * 20);
        ImageOp unfold = (b, ws, x) -> {
            Tensor y = ws.allocate(DType.F32, 2, 4, 5 * 9 * 9);
            b.unfold(x, 9, 9, 10, 10, y);
            return y;
        };
        compare(name, unfold, image, 2, 5, 20, 20);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void poolingOfAViewIntoAView(String name) {
        float[] image = values(3, 3 * 2 * 9 * 16);
        for (PoolOp op : PoolOp.values()) {
            ImageOp pool = (b, ws, x) -> {
                Tensor y = ws.allocate(DType.F32, 2, 3, 5, 9).slice(-1, 1, 7);
                b.pool2d(part(x, 12), op, 3, 2, 1, y);
                return y;
            };
            ImageOp large = (b, ws, x) -> {
                Tensor y = ws.allocate(DType.F32, 3, 2, 5, 10).slice(-1, 2, 10);
                b.pool2d(x, op, 7, 2, 3, y);
                return y;
            };
            compare(name, pool, image, 3, 2, 9, 16);
            compare(name, large, image, 3, 2, 9, 16);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aNaNWinsItsWindowsAndNoOthers(String name) {
        float nan = Float.NaN;
        float[] image = {1, 2, 3, 4, 5, nan, -7, 8, -9, 10, 11, -12, 13, 14, 15, Float.POSITIVE_INFINITY};
        try (Backend cuda = Backends.open(name)) {
            double[][] expected = {
                {nan, 8, 14, Double.POSITIVE_INFINITY},
                {nan, 2, 7, Double.POSITIVE_INFINITY},
                {nan, 2, 7, Double.POSITIVE_INFINITY}
            };
            for (PoolOp op : PoolOp.values()) {
                ImageOp pool = (b, ws, x) -> {
                    Tensor y = ws.allocate(DType.F32, 1, 1, 2, 2);
                    b.pool2d(x, op, 2, 2, 0, y);
                    return y;
                };
                assertArrayEquals(expected[op.ordinal()], run(cuda, pool, image, 1, 1, 4, 4), op.name());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void planesThatShareABlock(String name) {
        float[] image = values(4, 3 * 7 * 5 * 6);
        for (Interpolation kind : new Interpolation[] {Interpolation.NEAREST, Interpolation.BILINEAR}) {
            ImageOp resize = (b, ws, x) -> {
                Tensor y = ws.allocate(DType.F32, 3, 7, 160, 170);
                b.resize(x, kind, y);
                return y;
            };
            compare(name, resize, image, 3, 7, 5, 6);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void resizingOfAViewIntoAView(String name) {
        float[] image = values(5, 3 * 2 * 9 * 16);
        for (Interpolation kind : Interpolation.values()) {
            ImageOp shrink = (b, ws, x) -> {
                Tensor y = ws.allocate(DType.F32, 3, 2, 4, 9).transpose(0, 1).slice(-1, 1, 8);
                b.resize(part(x, 13), kind, y);
                return y;
            };
            compare(name, shrink, image, 3, 2, 9, 16);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aNaNSpreadsAsFarAsItsWeights(String name) {
        float[] image = values(6, 8 * 8);
        image[3 * 8 + 4] = Float.NaN;
        image[0] = Float.POSITIVE_INFINITY;
        try (Backend cuda = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (Interpolation kind : Interpolation.values()) {
                ImageOp resize = (b, ws, x) -> {
                    Tensor y = ws.allocate(DType.F32, 1, 1, 11, 5);
                    b.resize(x, kind, y);
                    return y;
                };
                double[] expected = run(truth, resize, image, 1, 1, 8, 8);
                double[] actual = run(cuda, resize, image, 1, 1, 8, 8);
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], actual[i], 1e-5, kind + " element " + i);
                }
            }
        }
    }
}
