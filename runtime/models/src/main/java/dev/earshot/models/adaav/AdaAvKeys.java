package dev.earshot.models.adaav;

import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.models.internal.CheckpointShapes;
import dev.earshot.tensor.weights.Weight;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The keys of adapter files: the one place where they are written. */
final class AdaAvKeys {
    /** Metadata entry with the places, as {@code 26:6,27:7}. */
    static final String PAIRS = "earshot.adaav_pairs";

    static final String LATENTS = "latents";
    static final String DOWN_V = "down_v";
    static final String DOWN_A = "down_a";
    static final String UP = "up";
    static final String GATE = "gate";
    static final String GATE_AV = "gate_av";
    static final List<String> PLACES = List.of("attn", "mlp");

    private static final String ROOT = "adaav.";

    private AdaAvKeys() {}

    /** What stands before the names of one module. */
    static String prefix(int adapter, String place) {
        return ROOT + adapter + "." + place + ".";
    }

    static WeightLoader loader(Weights weights) {
        return WeightLoader.of(weights, "AdaAV adapters").ignore("modality_").hint(CheckpointGuess::describe);
    }

    static String write(List<BlockPair> pairs) {
        return pairs.stream().map(BlockPair::toString).collect(Collectors.joining(","));
    }

    static AdaAvConfig config(Weights weights) {
        String pairs = weights.metadata().get(PAIRS);
        if (pairs == null) {
            throw WeightsException.of(
                    weights.source(),
                    "adapter places",
                    "metadata entry " + PAIRS + " such as 26:6,27:7",
                    "none",
                    "give the configuration");
        }
        if (!pairs.matches(Placement.Explicit.FORM)) {
            throw WeightsException.of(
                    weights.source(),
                    "metadata entry " + PAIRS,
                    "a list such as 26:6,27:7",
                    WeightsException.quote(pairs));
        }
        CheckpointShapes shapes = new CheckpointShapes(weights);
        return shapes.derive("AdaAV adapters", () -> {
            int bottleneck = shapes.dim(prefix(0, "attn") + DOWN_V, 2, 0);
            int latents = shapes.dim(prefix(0, "attn") + LATENTS, 2, 0);
            return new AdaAvConfig(Placement.Explicit.parse(pairs).pairs(), bottleneck, latents);
        });
    }

    /** The declared tensors of one module. */
    record Module(Weight latents, Weight downV, Weight downA, Weight up, Weight gate, Weight gateAv) {
        static Module declare(WeightLoader module, AdaAvConfig config, int imageWidth, int audioWidth) {
            int r = config.bottleneck();
            return new Module(
                    module.tensor(LATENTS, config.latents(), audioWidth),
                    module.tensor(DOWN_V, r, imageWidth),
                    module.tensor(DOWN_A, r, audioWidth),
                    module.tensor(UP, imageWidth, r),
                    module.tensor(GATE, 1),
                    module.tensor(GATE_AV, 1));
        }
    }

    /** All modules, adapter by adapter, {@code attn} before {@code mlp}. */
    static List<Module> declare(WeightLoader loader, AdaAvConfig config, int imageWidth, int audioWidth) {
        List<Module> modules = new ArrayList<>();
        for (int j = 0; j < config.pairs().size(); j++) {
            for (String place : PLACES) {
                modules.add(Module.declare(loader.at(prefix(j, place)), config, imageWidth, audioWidth));
            }
        }
        return modules;
    }
}
