package dev.earshot.cuda.blas;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import dev.earshot.bindings.cublaslt.cublasLt;
import dev.earshot.cuda.CudaException;
import dev.earshot.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Makes the descriptors of some products with NVIDIA's own library, reads them back, and says on standard output what
 * happened. A process of its own, since one process cannot use the simulated and the real library.
 */
final class RealCublasLtProbe {
    static final String ABSENT = "absent: ";

    private static final List<Gemm> PRODUCTS = List.of(
            gemm(DType.F32, DType.F32, false, Epilogue.NONE, 1),
            gemm(DType.F32, DType.F32, true, Epilogue.BIAS, 3),
            gemm(DType.BF16, DType.BF16, false, Epilogue.RELU_BIAS, 1),
            gemm(DType.BF16, DType.F32, false, Epilogue.RELU, 2));

    private RealCublasLtProbe() {}

    private static Gemm gemm(DType operands, DType result, boolean tf32, Epilogue epilogue, int batches) {
        Gemm.Matrix a = new Gemm.Matrix(true, 48, batches == 1 ? 0 : 48 * 32, 16);
        Gemm.Matrix b = new Gemm.Matrix(false, 50, 0, 4);
        Gemm.Matrix d = new Gemm.Matrix(false, 33, 33 * 7, 256);
        return new Gemm(
                32, 7, 48, batches, operands, result, tf32, epilogue, epilogue.isBiased() ? 16 : 0, true, a, b, d, d);
    }

    public static void main(String[] args) {
        try {
            System.out.println(NativeLibraries.loadCublasLt(CudaFlavour.REAL));
        } catch (NativeLibraryException e) {
            System.out.println(ABSENT + e.getMessage());
            return;
        }
        CublasLt library = CublasLt.withoutHandle();
        for (Gemm gemm : PRODUCTS) {
            GemmDescriptors descriptors = GemmDescriptors.create(library, gemm);
            MemorySegment preference = library.createPreference(32L << 20, new int[] {16, 4, 256, 2}, gemm);
            System.out.println("product " + readBack(descriptors) + readBackPreference(preference));
            library.destroyPreference(preference);
            descriptors.destroy(library);
        }
        library.close();
        try {
            CublasLt.create().close();
            System.out.println("handle made");
        } catch (CudaException e) {
            System.out.println(e.getMessage());
        }
    }

    private static String readBack(GemmDescriptors of) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment written = arena.allocate(ValueLayout.JAVA_LONG);
            StringBuilder text = new StringBuilder();
            for (int attribute : new int[] {
                cublasLt.CUBLASLT_MATMUL_DESC_COMPUTE_TYPE(),
                cublasLt.CUBLASLT_MATMUL_DESC_TRANSA(),
                cublasLt.CUBLASLT_MATMUL_DESC_TRANSB(),
                cublasLt.CUBLASLT_MATMUL_DESC_EPILOGUE()
            }) {
                CublasLt.check(
                        "get",
                        cublasLt.cublasLtMatmulDescGetAttribute(of.operation(), attribute, value, 4, written),
                        attribute);
                text.append(value.get(ValueLayout.JAVA_INT, 0)).append(' ');
            }
            for (MemorySegment layout : List.of(of.a(), of.b(), of.c(), of.d())) {
                CublasLt.check(
                        "get",
                        cublasLt.cublasLtMatrixLayoutGetAttribute(
                                layout, cublasLt.CUBLASLT_MATRIX_LAYOUT_LD(), value, 8, written),
                        "ld");
                text.append(value.get(ValueLayout.JAVA_LONG, 0)).append(' ');
                CublasLt.check(
                        "get",
                        cublasLt.cublasLtMatrixLayoutGetAttribute(
                                layout, cublasLt.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET(), value, 8, written),
                        "batch stride");
                text.append(value.get(ValueLayout.JAVA_LONG, 0)).append(' ');
            }
            return text.toString();
        }
    }

    private static String readBackPreference(MemorySegment preference) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment written = arena.allocate(ValueLayout.JAVA_LONG);
            CublasLt.check(
                    "get",
                    cublasLt.cublasLtMatmulPreferenceGetAttribute(
                            preference, cublasLt.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES(), value, 4, written),
                    "alignment");
            return Integer.toString(value.get(ValueLayout.JAVA_INT, 0));
        }
    }
}
