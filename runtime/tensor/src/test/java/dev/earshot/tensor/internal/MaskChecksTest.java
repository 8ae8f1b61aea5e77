package dev.earshot.tensor.internal;

import static dev.earshot.tensor.internal.CheckedCalls.f32;
import static dev.earshot.tensor.internal.CheckedCalls.of;
import static dev.earshot.tensor.internal.CheckedCalls.refused;
import static dev.earshot.tensor.internal.CheckedCalls.turned;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import org.junit.jupiter.api.Test;

class MaskChecksTest {
    private static final MaskResize RESIZE = new MaskResize(16, 16, 16, 12, 30, 20);

    @Test
    void measureMasksArgumentsAreNamedWhenWrong() {
        Tensor logits = f32(3, 4, 4);
        Tensor out = of(DType.I32, 3, 7);
        MaskChecks.measureMasks(logits, 0, 1, out);
        refused("measureMasks logits: expected rank 3, got f32 [4, 4]", () -> {
            MaskChecks.measureMasks(f32(4, 4), 0, 1, out);
        });
        refused("measureMasks logits: expected rows and columns, got f32 [3, 0, 4]", () -> {
            MaskChecks.measureMasks(f32(3, 0, 4), 0, 1, out);
        });
        refused("measureMasks logits: expected dtype [F32], got bf16 [3, 4, 4]", () -> {
            MaskChecks.measureMasks(of(DType.BF16, 3, 4, 4), 0, 1, out);
        });
        refused("measureMasks threshold: expected a finite number, got NaN", () -> {
            MaskChecks.measureMasks(logits, Float.NaN, 1, out);
        });
        refused("measureMasks offset: expected at least 0, got -1.0", () -> {
            MaskChecks.measureMasks(logits, 0, -1, out);
        });
        refused("measureMasks out: expected shape [3, 7], got i32 [3, 6]", () -> {
            MaskChecks.measureMasks(logits, 0, 1, of(DType.I32, 3, 6));
        });
        refused("measureMasks out: expected dtype [I32], got f32 [3, 7]", () -> {
            MaskChecks.measureMasks(logits, 0, 1, f32(3, 7));
        });
    }

    @Test
    void maskBitsArgumentsAreNamedWhenWrong() {
        Tensor logits = f32(3, 4, 4);
        Tensor chosen = of(DType.I32, 2);
        Tensor out = of(DType.I64, 2, 10); // 600 pixels in 10 words
        MaskChecks.maskBits(logits, chosen, RESIZE, 0, out);
        refused("maskBits chosen: expected dtype [I32], got i64 [2]", () -> {
            MaskChecks.maskBits(logits, of(DType.I64, 2), RESIZE, 0, out);
        });
        refused("maskBits out: expected shape [2, 10], got i64 [2, 9]", () -> {
            MaskChecks.maskBits(logits, chosen, RESIZE, 0, of(DType.I64, 2, 9));
        });
        refused("maskBits out: expected dtype [I64], got i32 [2, 10]", () -> {
            MaskChecks.maskBits(logits, chosen, RESIZE, 0, of(DType.I32, 2, 10));
        });
        refused("maskBits threshold: expected a finite number, got Infinity", () -> {
            MaskChecks.maskBits(logits, chosen, RESIZE, Float.POSITIVE_INFINITY, out);
        });
        refused(
                "maskBits logits: expected a contiguous tensor, got f32 [3, 4, 4] strides [16, 1, 4]; copy it first",
                () -> MaskChecks.maskBits(turned(3, 4, 4), chosen, RESIZE, 0, out));
    }

    @Test
    void resizeSizesAreNamedWhenWrong() {
        refused(
                "mask resize: expected positive sizes, an inset within its frame and fewer than 2^31 pixels, got frame "
                        + "16 x 16, inset 16 x 17, picture 30 x 20",
                () -> new MaskResize(16, 16, 16, 17, 30, 20));
        refused(
                "mask resize: expected positive sizes, an inset within its frame and fewer than 2^31 pixels, got frame "
                        + "16 x 16, inset 16 x 16, picture 65536 x 65536",
                () -> new MaskResize(16, 16, 16, 16, 65536, 65536));
    }
}
