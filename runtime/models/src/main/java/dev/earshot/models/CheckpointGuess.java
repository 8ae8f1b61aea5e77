package dev.earshot.models;

import dev.earshot.models.dino.DinoVariant;
import dev.earshot.tensor.weights.Weights;

/** Says what a weight file seems to hold, for messages about files that do not fit. */
public final class CheckpointGuess {
    private CheckpointGuess() {}

    /** For example {@code dino vit_small_8}; empty if nothing known fits. Reads names and shapes only. */
    public static String describe(Weights weights) {
        String dino = DinoVariant.describe(weights);
        if (!dino.isEmpty()) {
            return dino;
        }
        if (has(weights, "modality_trunks.")) {
            return "an ImageBind checkpoint with other sizes or missing modalities";
        }
        if (has(weights, "adaav.")) {
            return "AdaAV adapters";
        }
        if (has(weights, "image_encoder.")) {
            return "a SAM checkpoint";
        }
        if (has(weights, "visual.") || has(weights, "vision_model.")) {
            return "a CLIP checkpoint";
        }
        return "";
    }

    private static boolean has(Weights weights, String prefix) {
        return weights.keys().stream().anyMatch(key -> key.startsWith(prefix));
    }
}
