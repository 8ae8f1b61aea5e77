package dev.earshot.models.vit;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.weights.Weight;
import java.util.List;

/**
 * The declared tensors of one block under whatever keys a checkpoint gives them, before they are read.
 *
 * @param qkv rows query, key, value: [3 * D, D]
 * @param extraKeyValue {@code bias_k} and {@code bias_v}, each [1, 1, D]; empty without them
 */
public record BlockWeights(
        LayerNormWeights norm1,
        LinearWeights qkv,
        List<Weight> extraKeyValue,
        LinearWeights proj,
        LayerNormWeights norm2,
        LinearWeights fc1,
        LinearWeights fc2) {
    /** Copies the list. */
    public BlockWeights {
        extraKeyValue = List.copyOf(extraKeyValue);
    }

    /** Reads and prepares the block, one tensor after the other; products in {@code compute}. */
    public TransformerBlock prepare(ParameterScope scope, BlockConfig config, DType compute) {
        return new TransformerBlock(
                config,
                norm1.prepare(scope, config.layerNormEps()),
                qkv.prepare(scope, compute),
                prepareExtra(scope, config),
                proj.prepare(scope, compute),
                norm2.prepare(scope, config.layerNormEps()),
                fc1.prepare(scope, compute),
                fc2.prepare(scope, compute));
    }

    /** Reads and prepares all blocks of a trunk. */
    public static Trunk prepareTrunk(
            ParameterScope scope, List<BlockWeights> blocks, BlockConfig config, DType compute) {
        return new Trunk(blocks.stream()
                .map(block -> block.prepare(scope, config, compute))
                .toList());
    }

    private ExtraKeyValue prepareExtra(ParameterScope scope, BlockConfig config) {
        int expected = config.extraKeyValue() ? 2 : 0;
        if (extraKeyValue.size() != expected) {
            throw new IllegalArgumentException("block weights: expected %d extra key and value tensors, got %d"
                    .formatted(expected, extraKeyValue.size()));
        }
        return expected == 0
                ? new ExtraKeyValue.None()
                : new ExtraKeyValue.Learned(
                        scope.tensor(extraKeyValue.get(0).read(), DType.F32),
                        scope.tensor(extraKeyValue.get(1).read(), DType.F32));
    }
}
