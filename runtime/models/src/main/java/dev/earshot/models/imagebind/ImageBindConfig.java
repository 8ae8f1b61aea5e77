package dev.earshot.models.imagebind;

import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.weights.Weights;

/**
 * Sizes of ImageBind's image and audio encoders. Source of the constants: facebookresearch/ImageBind,
 * imagebind/models/imagebind_model.py, {@code imagebind_huge}.
 */
public record ImageBindConfig(VisionConfig vision, AudioConfig audio) {
    /** Eps of every layer norm but the audio stem's. */
    public static final float LAYER_NORM_EPS = 1e-6f;

    /** The published checkpoint {@code imagebind_huge.pth}. */
    public static final ImageBindConfig HUGE = new ImageBindConfig(
            new VisionConfig(new VitConfig(224, 14, 1280, 32, 16, 5120, LAYER_NORM_EPS), 1024),
            new AudioConfig(16, AudioConfig.STRIDE, 228, 768, 12, 12, 3072, 1024));

    /** Checks that both encoders end in the same space. */
    public ImageBindConfig {
        if (vision.outputWidth() != audio.outputWidth()) {
            throw new IllegalArgumentException("joint space: expected one width, got %d for images and %d for audio"
                    .formatted(vision.outputWidth(), audio.outputWidth()));
        }
    }

    /**
     * The sizes of a checkpoint, read from its shapes. Head counts are not in the shapes: they come from the file's
     * metadata ({@code earshot.vision_heads}, {@code earshot.audio_heads}), or else heads are taken to be 80 and 64
     * channels wide as in the published model.
     */
    public static ImageBindConfig of(Weights weights) {
        return ImageBindKeys.config(weights);
    }

    /** The same sizes with another number of blocks in either trunk. */
    public ImageBindConfig withDepths(int imageBlocks, int audioBlocks) {
        return new ImageBindConfig(
                new VisionConfig(vision.vit().withDepth(imageBlocks), vision.outputWidth()),
                audio.withDepth(audioBlocks));
    }
}
