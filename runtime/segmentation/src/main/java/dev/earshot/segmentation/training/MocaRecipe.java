package dev.earshot.segmentation.training;

import dev.earshot.models.adaav.BlockPair;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Every hyper-parameter of a training of MoCA's adapters.
 *
 * @param adapters what is trained
 * @param triplets what a step compares
 * @param optimizer how parameters follow their gradients, and for how many steps
 * @param extras what the paper does not have, off by default
 * @param sound which part of a clip's sound is heard
 * @param compute type of the frozen trunks' products: F32 or BF16; adapters, matching and loss are always F32
 * @param seed of the adapters' first values and of the sampler
 */
public record MocaRecipe(
        AdapterSettings adapters,
        TripletSettings triplets,
        OptimizerSettings optimizer,
        RecipeExtras extras,
        SoundCut sound,
        DType compute,
        long seed) {
    /** The paper's recipe; what the paper leaves open is settled as the documentation of the options says. */
    public static final MocaRecipe PAPER = new MocaRecipe(
            AdapterSettings.DEFAULT,
            TripletSettings.MOCA,
            OptimizerSettings.MOCA,
            RecipeExtras.NONE,
            SoundCut.SECOND,
            DType.F32,
            0);

    /** Checks that nothing is missing. */
    public MocaRecipe {
        Objects.requireNonNull(adapters, "adapters");
        Objects.requireNonNull(triplets, "triplets");
        Objects.requireNonNull(optimizer, "optimizer");
        Objects.requireNonNull(extras, "extras");
        Objects.requireNonNull(sound, "sound");
        if (compute != DType.F32 && compute != DType.BF16) {
            throw new IllegalArgumentException("training compute type: expected F32 or BF16, got " + compute);
        }
    }

    /** These hyper-parameters with another optimiser. */
    public MocaRecipe with(OptimizerSettings other) {
        return new MocaRecipe(adapters, triplets, other, extras, sound, compute, seed);
    }

    /** All of them for a model, by name, equal only for equal values; a resumed run must have the same. */
    public Map<String, String> describe(ImageBindConfig model) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put(
                "adapters",
                adapters.on(model).pairs().stream().map(BlockPair::toString).collect(Collectors.joining(",")));
        all.put("bottleneck", text(adapters.bottleneck()));
        all.put("latents", text(adapters.latents()));
        all.put("batch", text(triplets.batch()));
        all.put("neighbours", text(triplets.neighbours()));
        all.put("margin", text(triplets.margin()));
        PixelMatching matching = triplets.matching();
        all.put("matching", text(matching.mode()));
        all.put("matchingNorm", text(matching.norm()));
        all.put("window", text(matching.window()));
        all.put("rangeX", matching.rangeX() == PixelMatching.WHOLE_ROW ? "whole row" : text(matching.rangeX()));
        all.put("rangeY", text(matching.rangeY()));
        all.put("lambdaSsd", text(matching.lambdaSsd()));
        all.put("lambdaNcc", text(matching.lambdaNcc()));
        all.put("featureNorm", text(triplets.featureNorm()));
        all.put("optimizer", text(optimizer.algorithm()));
        all.put("learningRate", text(optimizer.learningRate()));
        all.put("schedule", text(optimizer.schedule()));
        all.put("steps", text(optimizer.steps()));
        all.put("weightDecay", text(optimizer.weightDecay()));
        all.put("beta1", text(optimizer.beta1()));
        all.put("beta2", text(optimizer.beta2()));
        all.put("eps", text(optimizer.eps()));
        all.put("clipNorm", text(optimizer.clipNorm()));
        all.put("swappedNegatives", text(extras.swappedNegatives()));
        all.put("weightTemperature", text(extras.weightTemperature()));
        all.put("jointCentre", text(extras.jointCentre()));
        all.put("sound", text(sound));
        all.put("compute", text(compute));
        all.put("seed", text(seed));
        return all;
    }

    private static String text(Object value) {
        return String.valueOf(value);
    }
}
