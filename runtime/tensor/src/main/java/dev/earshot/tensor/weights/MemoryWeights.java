package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Weights held in a map. */
final class MemoryWeights implements Weights {
    private final String source;
    private final Map<String, HostTensor> tensors;

    MemoryWeights(String source, Map<String, HostTensor> tensors) {
        this.source = source;
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public Set<String> keys() {
        return tensors.keySet();
    }

    @Override
    public WeightEntry entry(String key) {
        HostTensor tensor = read(key);
        return new WeightEntry(
                key,
                StoredType.of(tensor.dtype()),
                tensor.shape(),
                0,
                tensor.data().byteSize());
    }

    @Override
    public HostTensor read(String key) {
        HostTensor tensor = tensors.get(key);
        if (tensor == null) {
            throw NearestKey.missing(source, key, tensors.keySet());
        }
        return tensor;
    }
}
