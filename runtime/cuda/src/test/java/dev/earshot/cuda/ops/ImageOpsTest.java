package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What only the kernels on images can get wrong: uneven kernels, views, borders, planes shared by a block. */
class ImageOpsTest {
    private static final double TOLERANCE = 1e-12;

    @RegisterExtension
    static final BesideReference BESIDE = new BesideReference(2);

    /** An op from an image to a new tensor. */
    @FunctionalInterface
    private interface ImageOp {
        Tensor run(Backend b, Workspace ws, Tensor x);
    }

    private static void compare(ImageOp op, long... dims) {
        BESIDE.matches(TOLERANCE, s -> new Tensor[] {op.run(s.backend(), s.memory(), s.input(dims))});
    }

    /** Columns 2 to 2 + width of x [B, C, H, W] with the first two axes exchanged, as a view. */
    private static Tensor part(Tensor x, long width) {
        return x.transpose(0, 1).slice(-1, 2, 2 + width);
    }

    @Test
    void patchesOfUnevenKernelsAndStrides() {
        ImageOp unfold = (b, ws, x) -> {
            Tensor wide = ws.allocate(DType.F32, 2, 4 * 5, 3 * 4 * 3 + 5);
            Tensor y = wide.slice(2, 3, 3 + 3 * 4 * 3);
            b.unfold(part(x, 12), 4, 3, 2, 2, y);
            return y;
        };
        compare(unfold, 3, 2, 11, 16);
    }

    @Test
    void patchesWiderThanABlock() {
        ImageOp unfold = (b, ws, x) -> {
            Tensor y = ws.allocate(DType.F32, 2, 4, 5 * 9 * 9);
            b.unfold(x, 9, 9, 10, 10, y);
            return y;
        };
        compare(unfold, 2, 5, 20, 20);
    }

    @Test
    void poolingOfAViewIntoAView() {
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
            compare(pool, 3, 2, 9, 16);
            compare(large, 3, 2, 9, 16);
        }
    }

    @Test
    void aNaNWinsItsWindowsAndNoOthers() {
        float nan = Float.NaN;
        float[] image = {1, 2, 3, 4, 5, nan, -7, 8, -9, 10, 11, -12, 13, 14, 15, Float.POSITIVE_INFINITY};
        for (Backend cuda : BESIDE.devices()) {
            double[][] expected = {
                {nan, 8, 14, Double.POSITIVE_INFINITY},
                {nan, 2, 7, Double.POSITIVE_INFINITY},
                {nan, 2, 7, Double.POSITIVE_INFINITY}
            };
            for (PoolOp op : PoolOp.values()) {
                double[] actual = BESIDE.run(cuda, s -> {
                    Tensor y = s.memory().allocate(DType.F32, 1, 1, 2, 2);
                    s.backend().pool2d(s.upload(DType.F32, image, 1, 1, 4, 4), op, 2, 2, 0, y);
                    return new Tensor[] {y};
                })[0];
                assertArrayEquals(expected[op.ordinal()], actual, op.name());
            }
        }
    }

    @Test
    void planesThatShareABlock() {
        for (Interpolation kind : new Interpolation[] {Interpolation.NEAREST, Interpolation.BILINEAR}) {
            ImageOp resize = (b, ws, x) -> {
                Tensor y = ws.allocate(DType.F32, 3, 7, 160, 170);
                b.resize(x, kind, y);
                return y;
            };
            compare(resize, 3, 7, 5, 6);
        }
    }

    @Test
    void resizingOfAViewIntoAView() {
        for (Interpolation kind : Interpolation.values()) {
            ImageOp shrink = (b, ws, x) -> {
                Tensor y = ws.allocate(DType.F32, 3, 2, 4, 9).transpose(0, 1).slice(-1, 1, 8);
                b.resize(part(x, 13), kind, y);
                return y;
            };
            compare(shrink, 3, 2, 9, 16);
        }
    }

    @Test
    void aNaNSpreadsAsFarAsItsWeights() {
        for (Interpolation kind : Interpolation.values()) {
            BesideReference.Body resize = s -> {
                float[] image = s.values(1, 1, 8, 8);
                image[3 * 8 + 4] = Float.NaN;
                image[0] = Float.POSITIVE_INFINITY;
                Tensor y = s.memory().allocate(DType.F32, 1, 1, 11, 5);
                s.backend().resize(s.upload(DType.F32, image, 1, 1, 8, 8), kind, y);
                return new Tensor[] {y};
            };
            double[] expected = BESIDE.expected(resize)[0];
            for (Backend cuda : BESIDE.devices()) {
                double[] actual = BESIDE.run(cuda, resize)[0];
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], actual[i], 1e-5, kind + " element " + i);
                }
            }
        }
    }
}
