package dev.earshot.cuda.blas;

import dev.earshot.bindings.cublaslt.cublasLt;
import dev.earshot.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The library's descriptors of one {@link Gemm}: the operation and the layouts of its matrices. Owned by a plan, whose other
 * memory {@code arena} holds.
 */
record GemmDescriptors(
        Gemm gemm,
        MemorySegment operation,
        MemorySegment a,
        MemorySegment b,
        MemorySegment c,
        MemorySegment d,
        Arena arena) {
    /** Makes all of them; none is left behind if one fails. */
    static GemmDescriptors create(CublasLt library, Gemm gemm) {
        MemorySegment[] made = new MemorySegment[5];
        try {
            int compute = gemm.tf32() ? cublasLt.CUBLAS_COMPUTE_32F_FAST_TF32() : cublasLt.CUBLAS_COMPUTE_32F();
            made[0] = library.createOperation(compute, gemm);
            library.setOperation(made[0], cublasLt.CUBLASLT_MATMUL_DESC_TRANSA(), operation(gemm.a()), gemm);
            library.setOperation(made[0], cublasLt.CUBLASLT_MATMUL_DESC_TRANSB(), operation(gemm.b()), gemm);
            library.setOperation(
                    made[0],
                    cublasLt.CUBLASLT_MATMUL_DESC_EPILOGUE(),
                    gemm.epilogue().value(),
                    gemm);
            made[1] = layout(library, gemm, gemm.operands(), gemm.rowsOfA(), gemm.columnsOfA(), gemm.a());
            made[2] = layout(library, gemm, gemm.operands(), gemm.rowsOfB(), gemm.columnsOfB(), gemm.b());
            made[3] = layout(library, gemm, gemm.result(), gemm.m(), gemm.n(), gemm.c());
            made[4] = layout(library, gemm, gemm.result(), gemm.m(), gemm.n(), gemm.d());
            return new GemmDescriptors(gemm, made[0], made[1], made[2], made[3], made[4], Arena.ofShared());
        } catch (RuntimeException e) {
            destroy(library, made);
            throw e;
        }
    }

    private static int operation(Gemm.Matrix matrix) {
        return matrix.transposed() ? cublasLt.CUBLAS_OP_T() : cublasLt.CUBLAS_OP_N();
    }

    private static MemorySegment layout(
            CublasLt library, Gemm gemm, DType type, long rows, long columns, Gemm.Matrix matrix) {
        int number = type == DType.F32 ? cublasLt.CUDA_R_32F() : cublasLt.CUDA_R_16BF();
        return library.createLayout(number, rows, columns, matrix.ld(), gemm.batches(), matrix.batchStride(), gemm);
    }

    void destroy(CublasLt library) {
        destroy(library, operation, a, b, c, d);
        arena.close();
    }

    private static void destroy(CublasLt library, MemorySegment... made) {
        for (int i = 0; i < made.length; i++) {
            if (made[i] == null) {
                return;
            }
            if (i == 0) {
                library.destroyOperation(made[i]);
            } else {
                library.destroyLayout(made[i]);
            }
        }
    }
}
