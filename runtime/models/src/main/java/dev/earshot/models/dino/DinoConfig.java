package dev.earshot.models.dino;

import dev.earshot.models.vit.PositionResampling;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;

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

    static int heads(Weights weights, int width) {
        String stated = weights.metadata().get("earshot.heads");
        if (stated == null && width % HEAD_DIM == 0) {
            return width / HEAD_DIM;
        }
        if (stated == null || !stated.matches("[1-9][0-9]{0,5}") || width % Integer.parseInt(stated) != 0) {
            throw WeightsException.of(
                    weights.source(),
                    "head count for width " + width,
                    "metadata entry earshot.heads with a divisor of the width",
                    stated == null ? "no such entry" : WeightsException.quote(stated),
                    "write it into the file's metadata or give the configuration");
        }
        return Integer.parseInt(stated);
    }
}
