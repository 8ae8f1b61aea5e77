package dev.earshot.cuda.blas;

/**
 * A batched product D = A B (+ C) as row-major matrices, arranged for cuBLASLt: one strided-batch call, repeated over what
 * loops remain.
 *
 * @param m rows of D
 * @param n columns of D
 * @param k length of the sums
 * @param swapped true if A and B (transposed) changed places, because D lies in column-major order
 * @param batches matrices of one call
 * @param a the left operand
 * @param b the right operand
 * @param c what is added; the same as d where nothing else is
 * @param d the result
 * @param loops sizes of the loops around the call, outermost first
 */
record ProductPlan(
        long m, long n, long k, boolean swapped, long batches, Part a, Part b, Part c, Part d, long[] loops) {
    /**
     * One operand.
     *
     * @param columnMajor true if its columns, not its rows, are dense
     * @param ld distance of neighbouring rows, or columns of a column-major one
     * @param batchStride distance of neighbouring matrices of a call
     * @param steps distance from one call to the next along each loop
     */
    record Part(boolean columnMajor, long ld, long batchStride, long[] steps) {
        /** Distance in elements of the matrix of call number {@code call} from the first. */
        long offset(long call, long[] loops) {
            long offset = 0;
            long rest = call;
            for (int i = loops.length - 1; i >= 0; i--) {
                offset += rest % loops[i] * steps[i];
                rest /= loops[i];
            }
            return offset;
        }

        /** Largest power of two, up to 256, that divides every address at which a call finds this operand. */
        int alignment(long address, int elementBytes) {
            long bits = address | 256;
            for (long step : steps) {
                bits |= step * elementBytes;
            }
            return (int) Long.lowestOneBit(bits);
        }
    }

    /** Number of calls. */
    long calls() {
        long calls = 1;
        for (long size : loops) {
            calls *= size;
        }
        return calls;
    }
}
