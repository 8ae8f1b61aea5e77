package dev.earshot.segmentation.training;

import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.Placement;
import dev.earshot.models.imagebind.ImageBindConfig;
import java.util.Optional;

/**
 * Sizes and places of the adapters to train.
 *
 * @param placement where they sit; empty for {@link #lastHalf}
 * @param bottleneck r
 * @param latents m
 */
public record AdapterSettings(Optional<Placement> placement, int bottleneck, int latents) {
    /** The paper's count and place, 1.3 million parameters on ImageBind-Huge. */
    public static final AdapterSettings DEFAULT =
            new AdapterSettings(Optional.empty(), AdaAvConfig.DEFAULT_BOTTLENECK, AdaAvConfig.DEFAULT_LATENTS);

    /**
     * As many as half of the audio blocks, at the end of both trunks: the paper's last 6 for ImageBind-Huge, and the same
     * share of a smaller model.
     */
    public static Placement lastHalf(ImageBindConfig model) {
        int image = model.vision().vit().depth();
        return new Placement.Last(Math.max(1, Math.min(image, model.audio().depth()) / 2));
    }

    /** The configuration on a model. */
    public AdaAvConfig on(ImageBindConfig model) {
        int image = model.vision().vit().depth();
        Placement where = placement.orElseGet(() -> lastHalf(model));
        return new AdaAvConfig(where.pairs(image, model.audio().depth()), bottleneck, latents);
    }
}
