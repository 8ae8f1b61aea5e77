package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import java.util.Arrays;

/** The argument checks of the ops on stored pictures. */
public final class ImageChecks {
    private static final int CHANNELS = 3;

    private ImageChecks() {}

    public static void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out) {
        rank("normalizeImage x", x, 4);
        dtype("normalizeImage x", x, DType.U8);
        argument(x.dim(3) == CHANNELS, "normalizeImage x", "expected [B, H, W, 3], got %s", x);
        shape("normalizeImage out", out, x.dim(0), CHANNELS, x.dim(1), x.dim(2));
        dtype("normalizeImage out", out, DType.F32, DType.BF16);
        OpChecks.contiguous("normalizeImage x", x);
        OpChecks.contiguous("normalizeImage out", out);
        argument(
                mean.length == CHANNELS,
                "normalizeImage mean",
                "expected one number per channel, got %s",
                Arrays.toString(mean));
        boolean positive = std.length == CHANNELS && std[0] > 0 && std[1] > 0 && std[2] > 0;
        argument(
                positive,
                "normalizeImage std",
                "expected one positive number per channel, got %s",
                Arrays.toString(std));
    }
}
