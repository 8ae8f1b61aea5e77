package dev.earshot.cuda.blas;

import dev.earshot.tensor.DType;

/**
 * One cuBLASLt product in the library's own terms: column-major, D[m, n] = epilogue(alpha * op(A)[m, k] op(B)[k, n] + beta
 * * C). The key under which descriptors and algorithms are kept, so it holds all that they depend on and no address.
 *
 * @param batches matrices of the strided batch
 * @param operands type of A and B
 * @param result type of C, D and the bias
 * @param tf32 F32 operands may be rounded to tf32
 * @param biasAlignment bytes to which the bias is aligned; 0 without one
 * @param addsC true if beta may differ from 0; else C is a second name for D
 */
record Gemm(
        int m,
        int n,
        int k,
        int batches,
        DType operands,
        DType result,
        boolean tf32,
        Epilogue epilogue,
        int biasAlignment,
        boolean addsC,
        Matrix a,
        Matrix b,
        Matrix c,
        Matrix d) {
    /**
     * One matrix.
     *
     * @param transposed true if op() is the transposition
     * @param ld distance in elements of neighbouring columns
     * @param batchStride distance in elements of neighbouring matrices
     * @param alignment bytes to which its address is aligned in every call; a power of two up to 256
     */
    record Matrix(boolean transposed, long ld, long batchStride, int alignment) {
        @Override
        public String toString() {
            return (transposed ? "t" : "n") + ld + "/" + batchStride + "@" + alignment;
        }
    }

    Gemm {
        if (m < 1 || n < 1 || k < 1 || batches < 1) {
            throw new IllegalArgumentException(
                    "product: expected positive sizes, got m %d, n %d, k %d, batches %d".formatted(m, n, k, batches));
        }
        if (operands == DType.F32 && result != DType.F32) {
            throw new IllegalArgumentException("product of F32 operands: expected an F32 result, got " + result);
        }
    }

    /** Rows of A as it lies in memory. */
    long rowsOfA() {
        return a.transposed() ? k : m;
    }

    long columnsOfA() {
        return a.transposed() ? m : k;
    }

    /** Rows of B as it lies in memory. */
    long rowsOfB() {
        return b.transposed() ? n : k;
    }

    long columnsOfB() {
        return b.transposed() ? k : n;
    }

    /** Elements from the first to the last of D, over all batches. */
    long extentOfD() {
        return Math.addExact((n - 1L) * d.ld() + m, Math.multiplyExact(batches - 1L, d.batchStride()));
    }

    /** On one line without blanks; the key of the algorithm on disk, too. */
    @Override
    public String toString() {
        return "%dx%dx%d*%d,%s-%s%s,%s%s%s,A:%s,B:%s,C:%s,D:%s"
                .formatted(
                        m,
                        n,
                        k,
                        batches,
                        operands,
                        result,
                        tf32 ? "-tf32" : "",
                        epilogue,
                        biasAlignment == 0 ? "" : "@" + biasAlignment,
                        addsC ? "+C" : "",
                        a,
                        b,
                        c,
                        d);
    }
}
