package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;

/** The argument checks of the ops on mask logits; see {@link OpChecks}. */
public final class MaskChecks {
    /** What is counted and found of a mask. */
    private static final int MEASURES = 7;

    private MaskChecks() {}

    /** For {@link dev.earshot.tensor.Backend#measureMasks}. */
    public static void measureMasks(Tensor logits, float threshold, float offset, Tensor out) {
        logits("measureMasks logits", logits);
        finite("measureMasks threshold", threshold);
        finite("measureMasks offset", offset);
        argument(offset >= 0, "measureMasks offset", "expected at least 0, got %s", offset);
        shape("measureMasks out", out, logits.dim(0), MEASURES);
        dtype("measureMasks out", out, DType.I32);
        OpChecks.contiguous("measureMasks out", out);
    }

    /** For {@link dev.earshot.tensor.Backend#maskBits}. */
    public static void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        logits("maskBits logits", logits);
        finite("maskBits threshold", threshold);
        rank("maskBits chosen", chosen, 1);
        dtype("maskBits chosen", chosen, DType.I32);
        OpChecks.contiguous("maskBits chosen", chosen);
        shape("maskBits out", out, chosen.dim(0), resize.words());
        dtype("maskBits out", out, DType.I64);
        OpChecks.contiguous("maskBits out", out);
    }

    private static void logits(String what, Tensor logits) {
        rank(what, logits, 3);
        dtype(what, logits, DType.F32);
        argument(logits.dim(1) >= 1 && logits.dim(2) >= 1, what, "expected rows and columns, got %s", logits);
        OpChecks.contiguous(what, logits);
    }

    private static void finite(String what, float value) {
        argument(Float.isFinite(value), what, "expected a finite number, got %s", value);
    }
}
