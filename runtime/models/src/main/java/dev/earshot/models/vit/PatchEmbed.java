package dev.earshot.models.vit;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Checks;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * A patch convolution without padding as unfold and one linear layer. Runs in F32 whatever the trunk's type: it is under
 * one per cent of the work, and its rounding would be in every token.
 *
 * @param projection from channels * kernel * kernel to D, weight in the order channel, row, column
 * @param channels channels of the image
 * @param kernel side of a patch
 * @param stride step between patches
 */
public record PatchEmbed(Linear projection, int channels, int kernel, int stride) {
    /** Patches along an axis of {@code size} pixels. */
    public int count(long size) {
        return size < kernel ? 0 : Math.toIntExact((size - kernel) / stride + 1);
    }

    /**
     * The embedded patches, row-major.
     *
     * @param image F32 [B, C, H, W]
     * @return F32 [B, rows * columns, D]
     */
    public Tensor forward(Backend b, Workspace ws, Tensor image) {
        Tensor out = ws.allocate(DType.F32, image.dim(0), patches(image), projection.outputWidth());
        try (Workspace.Frame _ = ws.frame()) {
            b.linear(unfold(b, ws, image), projection, Activation.NONE, out);
        }
        return out;
    }

    /** Adds the embedded patches of {@code image} to {@code out} [B, rows * columns, D]. */
    public void add(Backend b, Workspace ws, Tensor image, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            b.linear(unfold(b, ws, image), projection, Activation.NONE, out, out);
        }
    }

    private Tensor unfold(Backend b, Workspace ws, Tensor image) {
        Checks.rank("patch embedding input", image, 4);
        Checks.argument(
                image.dim(1) == channels,
                "patch embedding input",
                "expected [B, %d, H, W], got %s",
                channels,
                image.shape());
        Tensor rows = ws.allocate(DType.F32, image.dim(0), patches(image), (long) channels * kernel * kernel);
        b.unfold(image, kernel, kernel, stride, stride, rows);
        return rows;
    }

    private long patches(Tensor image) {
        return (long) count(image.dim(2)) * count(image.dim(3));
    }
}
