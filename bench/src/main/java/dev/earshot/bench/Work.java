package dev.earshot.bench;

/** What one call of a benchmark does, so that its time can be given as a rate. */
interface Work {
    /** Arithmetic operations of one call at these sizes; a multiply-add counts as two. */
    double operations(long[] sizes);

    /** Bytes that one call must read and write at least. */
    double bytes(long[] sizes);
}
