package dev.earshot.models.dino;

import dev.earshot.models.vit.VitConfig;
import java.util.Locale;

/** The four published vision transformers of DINO. Source: facebookresearch/dino, hubconf.py. */
public enum DinoVariant {
    VIT_SMALL_16(384, 16),
    VIT_SMALL_8(384, 8),
    VIT_BASE_16(768, 16),
    VIT_BASE_8(768, 8);

    private static final int IMAGE_SIZE = 224;
    private static final int DEPTH = 12;

    private final int width;
    private final int patchSize;

    DinoVariant(int width, int patchSize) {
        this.width = width;
        this.patchSize = patchSize;
    }

    /** Sizes with the eps and the resampling of a key form. */
    public DinoConfig config(DinoKeyForm form) {
        VitConfig vit = new VitConfig(
                IMAGE_SIZE, patchSize, width, DEPTH, width / DinoConfig.HEAD_DIM, 4 * width, form.layerNormEps());
        return new DinoConfig(vit, form.resampling());
    }

    /** For example {@code vit_small_8}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** How messages name a backbone of these sizes. */
    static String describe(long width, long patchSize) {
        for (DinoVariant variant : values()) {
            if (variant.width == width && variant.patchSize == patchSize) {
                return "DINO " + variant;
            }
        }
        return "a DINO backbone of width %d and patch %d".formatted(width, patchSize);
    }
}
