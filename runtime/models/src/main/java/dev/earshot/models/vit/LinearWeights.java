package dev.earshot.models.vit;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.weights.Weight;
import dev.earshot.tensor.weights.WeightLoader;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The declared tensors of a linear layer, before they are read. Several weights are stacked by rows into one layer, as for
 * checkpoints that store query, key and value apart.
 *
 * @param weights each [out_i, in]
 * @param biases each [out_i]; empty for a layer without bias
 */
public record LinearWeights(List<Weight> weights, List<Weight> biases) {
    /** Copies the lists. */
    public LinearWeights {
        weights = List.copyOf(weights);
        biases = List.copyOf(biases);
    }

    /** Declares {@code prefix.weight} [out, in] and {@code prefix.bias} [out]. */
    public static LinearWeights declare(WeightLoader loader, String prefix, int out, int in) {
        return new LinearWeights(
                List.of(loader.tensor(prefix + ".weight", out, in)), List.of(loader.tensor(prefix + ".bias", out)));
    }

    /** Declares {@code prefix.weight} [out, in] of a layer without bias. */
    public static LinearWeights declareWithoutBias(WeightLoader loader, String prefix, int out, int in) {
        return new LinearWeights(List.of(loader.tensor(prefix + ".weight", out, in)), List.of());
    }

    /** Reads and prepares the layer. */
    public Linear prepare(ParameterScope scope, DType compute) {
        HostTensor weight = stack(weights);
        return biases.isEmpty() ? scope.linear(weight, compute) : scope.linear(weight, stack(biases), compute);
    }

    private static HostTensor stack(List<Weight> parts) {
        if (parts.size() == 1) {
            return parts.getFirst().read();
        }
        List<HostTensor> read = parts.stream().map(Weight::read).toList();
        HostTensor first = read.getFirst();
        if (read.stream().anyMatch(part -> part.dtype() != first.dtype())) {
            return stackOf(read.stream()
                    .map(part -> HostTensor.of(part.toFloats(), part.shape().toArray()))
                    .toList());
        }
        return stackOf(read);
    }

    private static HostTensor stackOf(List<HostTensor> parts) {
        HostTensor first = parts.getFirst();
        long rows = parts.stream().mapToLong(part -> part.shape().dim(0)).sum();
        long bytes = parts.stream().mapToLong(part -> part.data().byteSize()).sum();
        MemorySegment joined = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
        long at = 0;
        for (HostTensor part : parts) {
            MemorySegment.copy(part.data(), 0, joined, at, part.data().byteSize());
            at += part.data().byteSize();
        }
        return new HostTensor(joined, first.dtype(), first.shape().with(0, rows));
    }
}
