package dev.earshot.models.imagebind;

import dev.earshot.models.vit.BlockConfig;

/**
 * Sizes of ImageBind's audio encoder over log-mel clips.
 *
 * @param kernel side of a patch; mel rows and frames alike
 * @param stride step between patches; the checkpoint's shapes do not tell it
 * @param patches positions in the table, 12 x 19 for the published model; its grid is not square and never resampled
 * @param width channels D of the residual stream
 * @param depth number of blocks
 * @param heads attention heads
 * @param mlpWidth hidden channels of the MLP
 * @param outputWidth width of the joint space
 */
public record AudioConfig(
        int kernel, int stride, int patches, int width, int depth, int heads, int mlpWidth, int outputWidth) {
    /** Stride of the published stem. */
    public static final int STRIDE = 10;

    /** Checks that every size is positive and heads divide the width. */
    public AudioConfig {
        if (kernel <= 0 || stride <= 0 || patches <= 0 || depth <= 0 || outputWidth <= 0) {
            throw new IllegalArgumentException(
                    "audio encoder: expected positive sizes, got kernel %d, stride %d, patches %d, depth %d, output %d"
                            .formatted(kernel, stride, patches, depth, outputWidth));
        }
        if (width <= 0 || heads <= 0 || width % heads != 0 || mlpWidth <= 0) {
            throw new IllegalArgumentException(
                    "audio encoder: expected a width of whole heads and an MLP, got width %d, heads %d, MLP %d"
                            .formatted(width, heads, mlpWidth));
        }
    }

    /** The sizes of each block; audio blocks have one learned key and value besides the tokens. */
    public BlockConfig block() {
        return new BlockConfig(width, heads, mlpWidth, ImageBindConfig.LAYER_NORM_EPS, true);
    }

    /** The same sizes with another number of blocks. */
    public AudioConfig withDepth(int blocks) {
        return new AudioConfig(kernel, stride, patches, width, blocks, heads, mlpWidth, outputWidth);
    }
}
