package dev.earshot.cuda.blas;

import java.lang.foreign.MemorySegment;

/**
 * Everything that a product needs again and again: descriptors and the chosen algorithm.
 *
 * @param algorithm 64 bytes
 * @param workspaceBytes what the algorithm needs
 */
record GemmPlan(GemmDescriptors descriptors, MemorySegment algorithm, long workspaceBytes) {
    /** Device addresses of one call; the bias is 0 where there is none. */
    record Addresses(long a, long b, long c, long d, long bias, long workspace) {}
}
