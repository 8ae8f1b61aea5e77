package dev.earshot.models.vit;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.weights.Weight;
import dev.earshot.tensor.weights.WeightLoader;

/** The declared tensors of a layer norm, before they are read. */
public record LayerNormWeights(Weight weight, Weight bias) {
    /** Declares {@code prefix.weight} and {@code prefix.bias}, both [width]. */
    public static LayerNormWeights declare(WeightLoader loader, String prefix, int width) {
        return new LayerNormWeights(loader.tensor(prefix + ".weight", width), loader.tensor(prefix + ".bias", width));
    }

    /** Reads and prepares both. */
    public LayerNorm prepare(ParameterScope scope, float eps) {
        return new LayerNorm(scope.tensor(weight.read(), DType.F32), scope.tensor(bias.read(), DType.F32), eps);
    }
}
