package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.Queue;

/**
 * The anchors that are matched at a time and the scratch memory that passes from the first launch to the second.
 *
 * @param firstAnchor the first of them
 * @param anchors how many
 * @param products address of raw products, F32 [groups, anchors, products of a sample]
 * @param partial address of the blocks' sums of costs, F64 [groups, anchors, blocks]
 * @param counters address of the number of blocks that are done, I32 [groups, anchors]
 */
public record PixelSlab(int firstAnchor, int anchors, long products, long partial, long counters) {
    /** Products of one slab; more would not stay in the second-level cache of a large card (50 MB on an H200). */
    private static final long MOST_BYTES = 64L << 20;

    /** Slab of as many anchors as fit, at least one, with its scratch memory. */
    public static PixelSlab first(Queue queue, PixelGrid grid) {
        long perAnchor = Math.multiplyExact(4L * grid.groups(), grid.productsPerSample());
        int anchors = Math.clamp(MOST_BYTES / perAnchor, 1, grid.anchors());
        long samples = (long) anchors * grid.groups();
        return new PixelSlab(
                0,
                anchors,
                queue.scratch(anchors * perAnchor),
                queue.scratch(8 * samples * PixelSearchKernel.blocks(grid)),
                queue.scratch(4 * samples));
    }

    /** True if there are anchors in it. */
    public boolean exists() {
        return anchors > 0;
    }

    /** The anchors that follow, in the same memory. */
    public PixelSlab next(PixelGrid grid) {
        int from = firstAnchor + anchors;
        return new PixelSlab(from, Math.min(anchors, grid.anchors() - from), products, partial, counters);
    }
}
