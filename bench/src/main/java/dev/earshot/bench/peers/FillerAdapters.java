package dev.earshot.bench.peers;

import dev.earshot.models.Filler;
import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.BlockPair;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.segmentation.training.AdapterSettings;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.Weights;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An adapter file whose values are the filler's.
 *
 * @param shapes of fresh adapters
 * @param metadata the places, as the file has them
 */
record FillerAdapters(Weights shapes, Map<String, String> metadata) implements Weights {
    /** As many as training puts on a model of these sizes by default. */
    static FillerAdapters on(ImageBindConfig config) {
        AdaAvConfig places = AdapterSettings.DEFAULT.on(config);
        String pairs = places.pairs().stream().map(BlockPair::toString).collect(Collectors.joining(","));
        return new FillerAdapters(AdaAvAdapters.initial(places, config, 0), Map.of("earshot.adaav_pairs", pairs));
    }

    @Override
    public String source() {
        return "filler adapters";
    }

    @Override
    public Set<String> keys() {
        return shapes.keys();
    }

    @Override
    public WeightEntry entry(String key) {
        return shapes.entry(key);
    }

    @Override
    public HostTensor read(String key) {
        return Filler.tensor(key, shape(key).toArray());
    }
}
