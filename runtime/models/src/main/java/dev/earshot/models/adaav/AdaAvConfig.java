package dev.earshot.models.adaav;

import dev.earshot.tensor.weights.Weights;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sizes and places of a set of adapters.
 *
 * @param pairs place of adapter j = 0 .. k-1; each has one module after attention and one after the MLP
 * @param bottleneck r
 * @param latents m, learned audio tokens per module
 */
public record AdaAvConfig(List<BlockPair> pairs, int bottleneck, int latents) {
    /** Bottleneck that gives the paper's 1.3 million parameters with 6 adapters on ImageBind-Huge. */
    public static final int DEFAULT_BOTTLENECK = 32;

    /** Latents of the same setting. */
    public static final int DEFAULT_LATENTS = 4;

    /** Copies the list and checks it. */
    public AdaAvConfig {
        pairs = List.copyOf(pairs);
        checkPairs(pairs, Integer.MAX_VALUE, Integer.MAX_VALUE);
        if (bottleneck < 1 || latents < 1) {
            throw new IllegalArgumentException(
                    "adapters: expected a bottleneck and latents of at least 1, got %d and %d"
                            .formatted(bottleneck, latents));
        }
    }

    /** The sizes and places of an adapter file; the places stand in its metadata. */
    public static AdaAvConfig of(Weights weights) {
        return AdaAvKeys.config(weights);
    }

    /** Parameters of all modules for trunks of the given widths. */
    public long parameters(int imageWidth, int audioWidth) {
        long module = (long) latents * audioWidth + (long) bottleneck * (2L * imageWidth + audioWidth) + 2;
        return 2L * pairs.size() * module;
    }

    static void checkPairs(List<BlockPair> pairs, int imageBlocks, int audioBlocks) {
        if (pairs.isEmpty()) {
            throw new IllegalArgumentException("adapters: expected at least one place, got none");
        }
        Set<Integer> seen = new HashSet<>();
        for (BlockPair pair : pairs) {
            if (!seen.add(pair.imageBlock())) {
                throw new IllegalArgumentException(
                        "adapters: expected one per image block, got a second one in block " + pair.imageBlock());
            }
            if (pair.imageBlock() >= imageBlocks || pair.audioBlock() >= audioBlocks) {
                throw new IllegalArgumentException(
                        "adapters: expected places within %d image and %d audio blocks, got %s"
                                .formatted(imageBlocks, audioBlocks, pair));
            }
        }
    }
}
