package dev.earshot.models.vit;

/**
 * Sizes of one pre-norm transformer block.
 *
 * @param width channels D of the residual stream
 * @param heads attention heads; each takes D / heads consecutive channels
 * @param mlpWidth hidden channels of the MLP
 * @param layerNormEps added to the variance in both layer norms
 * @param extraKeyValue true if attention sees one learned position (bias_k, bias_v) after the tokens
 */
public record BlockConfig(int width, int heads, int mlpWidth, float layerNormEps, boolean extraKeyValue) {
    /** Checks that the heads divide the width. */
    public BlockConfig {
        if (width <= 0 || heads <= 0 || width % heads != 0) {
            throw new IllegalArgumentException("width %d is not a multiple of heads %d".formatted(width, heads));
        }
        if (mlpWidth <= 0) {
            throw new IllegalArgumentException("mlpWidth: expected a positive number, got " + mlpWidth);
        }
    }

    /** Channels of one head, hd. */
    public int headDim() {
        return width / heads;
    }
}
