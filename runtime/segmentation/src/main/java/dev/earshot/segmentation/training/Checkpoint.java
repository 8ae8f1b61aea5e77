package dev.earshot.segmentation.training;

import dev.earshot.tensor.HostTensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a training needs to go on from a step as if it had never stopped.
 *
 * @param step t, steps done
 * @param sampler where the sampler stands: epoch, position in it, generator states
 * @param settings every hyper-parameter by name
 * @param hashes SHA-256 of what the training reads, by name: list of clips, neighbour table, frozen weights
 * @param running sums since the last line of the log
 * @param tensors F32, {@code adapter.*}, {@code adam.m.*} and {@code adam.v.*}
 */
record Checkpoint(
        long step,
        TripletSampler.State sampler,
        Map<String, String> settings,
        Map<String, String> hashes,
        Map<String, Double> running,
        Map<String, HostTensor> tensors) {
    static final String ADAPTER = "adapter.";
    static final String FIRST_MOMENT = "adam.m.";
    static final String SECOND_MOMENT = "adam.v.";

    Checkpoint {
        settings = new LinkedHashMap<>(settings);
        hashes = new LinkedHashMap<>(hashes);
        running = new LinkedHashMap<>(running);
        tensors = new LinkedHashMap<>(tensors);
    }

    Checkpoint withTensors(Map<String, HostTensor> others) {
        return new Checkpoint(step, sampler, settings, hashes, running, others);
    }

    /** The tensors whose names begin with {@code prefix}, without it. */
    Map<String, HostTensor> tensors(String prefix) {
        Map<String, HostTensor> part = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), tensor);
            }
        });
        return part;
    }
}
