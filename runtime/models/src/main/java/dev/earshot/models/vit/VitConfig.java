package dev.earshot.models.vit;

/**
 * Sizes of a vision transformer over square images.
 *
 * @param imageSize side in pixels at which the positional table is used as it is
 * @param patchSize side of a patch in pixels
 * @param width channels D of the residual stream
 * @param depth number of blocks
 * @param heads attention heads
 * @param mlpWidth hidden channels of the MLP
 * @param layerNormEps eps of every layer norm
 */
public record VitConfig(
        int imageSize, int patchSize, int width, int depth, int heads, int mlpWidth, float layerNormEps) {
    /** Checks that patches tile the image and heads divide the width. */
    public VitConfig {
        if (patchSize <= 0 || imageSize <= 0 || imageSize % patchSize != 0) {
            throw new IllegalArgumentException(
                    "imageSize %d is not a multiple of patchSize %d".formatted(imageSize, patchSize));
        }
        if (width <= 0 || heads <= 0 || width % heads != 0) {
            throw new IllegalArgumentException("width %d is not a multiple of heads %d".formatted(width, heads));
        }
        if (depth <= 0 || mlpWidth <= 0) {
            throw new IllegalArgumentException(
                    "depth and mlpWidth: expected positive numbers, got %d and %d".formatted(depth, mlpWidth));
        }
    }

    /** Patches along one side of an image of the native size. */
    public int gridSide() {
        return imageSize / patchSize;
    }

    /** Tokens of an image of the native size, class token included: 257 for ImageBind-Huge. */
    public int tokens() {
        return gridSide() * gridSide() + 1;
    }

    /** The sizes of each block. */
    public BlockConfig block() {
        return new BlockConfig(width, heads, mlpWidth, layerNormEps, false);
    }

    /** The same sizes with another number of blocks. */
    public VitConfig withDepth(int blocks) {
        return new VitConfig(imageSize, patchSize, width, blocks, heads, mlpWidth, layerNormEps);
    }
}
