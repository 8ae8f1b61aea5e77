package dev.earshot.models.imagebind;

import dev.earshot.models.vit.VitConfig;

/**
 * Sizes of ImageBind's image encoder.
 *
 * @param vit the trunk; patches span two frames
 * @param outputWidth width of the joint space
 */
public record VisionConfig(VitConfig vit, int outputWidth) {
    /** Checks the output. */
    public VisionConfig {
        if (outputWidth <= 0) {
            throw new IllegalArgumentException("image encoder: expected a positive output width, got " + outputWidth);
        }
    }
}
