package dev.earshot.tensor.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ImageChecksTest {
    private static final float[] HALF = {0.5f, 0.5f, 0.5f};

    private static Tensor of(DType type, long... dims) {
        Shape shape = Shape.of(dims);
        return Tensor.ofHost(MemorySegment.ofArray(new byte[(int) shape.elements() * type.bytes()]), type, shape);
    }

    private static void refused(String message, Tensor x, float[] mean, float[] std, Tensor out) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> ImageChecks.normalizeImage(x, mean, std, out));
        assertEquals(message, e.getMessage());
    }

    @Test
    void normalizeImageTakesBytesOfThreeChannels() {
        Tensor x = of(DType.U8, 2, 4, 5, 3);
        Tensor out = of(DType.F32, 2, 3, 4, 5);
        ImageChecks.normalizeImage(x, HALF, HALF, out);
        refused(
                "normalizeImage x: expected dtype [U8], got f32 [2, 4, 5, 3]",
                of(DType.F32, 2, 4, 5, 3),
                HALF,
                HALF,
                out);
        refused(
                "normalizeImage x: expected [B, H, W, 3], got u8 [2, 4, 5, 4]",
                of(DType.U8, 2, 4, 5, 4),
                HALF,
                HALF,
                out);
        refused(
                "normalizeImage out: expected shape [2, 3, 4, 5], got f32 [2, 3, 5, 4]",
                x,
                HALF,
                HALF,
                out.reshape(2, 3, 5, 4));
        refused("normalizeImage mean: expected one number per channel, got [0.5]", x, new float[] {0.5f}, HALF, out);
        refused(
                "normalizeImage std: expected one positive number per channel, got [1.0, 0.0, 1.0]",
                x,
                HALF,
                new float[] {1, 0, 1},
                out);
    }
}
