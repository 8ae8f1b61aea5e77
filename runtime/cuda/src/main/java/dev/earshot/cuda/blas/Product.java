package dev.earshot.cuda.blas;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * A batched product to be computed: D[m, n] = activation(alpha * A[m, k] B[k, n] + beta * C[m, n] + bias[n]) for every
 * leading index. Sizes are positive; every operand {@link #isTakenAsIs lies} in dense rows or columns.
 *
 * @param leading sizes of the leading axes
 * @param operands type of A and B
 * @param result type of C, D and the bias
 * @param c added to the product where beta is not 0, else d
 * @param bias device address; 0 for none
 * @param relu true for max(0, ...)
 */
public record Product(
        long m,
        long n,
        long k,
        long[] leading,
        DType operands,
        DType result,
        Operand a,
        Operand b,
        Operand c,
        Operand d,
        float alpha,
        float beta,
        long bias,
        boolean relu) {
    /** A matrix per leading index: device address of the first and where the others are. */
    public record Operand(long address, Strides strides) {
        /** The last two axes of x are the matrix. */
        public static Operand matrices(CudaContext cuda, Tensor x) {
            return new Operand(cuda.address(x), Strides.ofMatrix(x));
        }

        /** Every row of x is a matrix of one row; neighbouring rows become one matrix where memory allows it. */
        public static Operand rows(CudaContext cuda, Tensor x) {
            return new Operand(cuda.address(x), Strides.ofRows(x));
        }

        /** One matrix for all of {@code leading} axes. */
        public static Operand repeated(long address, long rowStride, long columnStride, int leading) {
            return new Operand(address, Strides.repeated(rowStride, columnStride, leading));
        }
    }

    /** True if the last two axes of x are a matrix that the library can take where it lies. */
    public static boolean isTakenAsIs(Tensor x) {
        return Strides.ofMatrix(x).isTakenAsIs(x.dim(-2), x.dim(-1));
    }

    Epilogue epilogue() {
        return Epilogue.of(bias != 0, relu);
    }
}
