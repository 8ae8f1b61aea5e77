package dev.earshot.models;

import dev.earshot.models.imagebind.AudioConfig;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Models small enough for the scalar reference, and files made of them. */
public final class Tiny {
    /** Three image blocks of width 24 over 2 x 2 patches, three audio blocks of width 16 over 12 patches. */
    public static final ImageBindConfig IMAGEBIND = new ImageBindConfig(
            new VisionConfig(new VitConfig(28, 14, 24, 3, 3, 96, 1e-6f), 12),
            new AudioConfig(16, 10, 12, 16, 3, 2, 64, 12));

    /** Mel rows that give {@link #IMAGEBIND} its patches. */
    public static final int MEL = 36;

    /** Frames that give {@link #IMAGEBIND} its patches. */
    public static final int FRAMES = 46;

    private Tiny() {}

    /** An input that depends on {@code name} only. */
    public static HostTensor input(String name, long... dims) {
        return Filler.tensor("input." + name, dims);
    }

    /** All tensors in memory, under changed names. */
    public static Map<String, HostTensor> renamed(Weights weights, UnaryOperator<String> name) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        weights.keys().forEach(key -> tensors.put(name.apply(key), weights.read(key)));
        return tensors;
    }

    /** The same tensors with entries in the metadata. */
    public static Weights withMetadata(Weights weights, Map<String, String> metadata) {
        return new Weights() {
            @Override
            public String source() {
                return weights.source();
            }

            @Override
            public Set<String> keys() {
                return weights.keys();
            }

            @Override
            public WeightEntry entry(String key) {
                return weights.entry(key);
            }

            @Override
            public HostTensor read(String key) {
                return weights.read(key);
            }

            @Override
            public Map<String, String> metadata() {
                return metadata;
            }
        };
    }
}
