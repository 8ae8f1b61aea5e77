package dev.earshot.models.dino;

import dev.earshot.models.vit.PositionResampling;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.weights.Weights;

/**
 * Sizes of a DINO backbone.
 *
 * @param vit the transformer
 * @param resampling how positions are read for other image sizes
 */
public record DinoConfig(VitConfig vit, PositionResampling resampling) {
    /** Channels of a head in all published variants. */
    public static final int HEAD_DIM = 64;

    /**
     * The sizes of a checkpoint, read from its shapes; eps and resampling by its key form. Heads are taken to be 64 wide,
     * as in all published variants, unless the file's metadata says otherwise ({@code earshot.heads}).
     */
    public static DinoConfig of(Weights weights) {
        return DinoLayout.of(weights).config(weights);
    }
}
