package dev.earshot.models.internal;

import dev.earshot.models.checkpoint.ModelGuess;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.Weights;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says what a weight file seems to hold, for messages about files that do not fit. */
public final class CheckpointGuess {
    private CheckpointGuess() {}

    /** For example {@code DINO vit_small_8 (original names)}; empty if nothing known fits. Reads names and shapes only. */
    public static String describe(Weights weights) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        weights.keys().forEach(key -> shapes.put(key, weights.shape(key)));
        String guess = ModelGuess.of(shapes);
        return guess.equals("unknown") ? "" : guess;
    }
}
