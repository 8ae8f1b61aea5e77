package dev.earshot.bindings.cublaslt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.GeneratedBinding;
import dev.earshot.bindings.LibraryReport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The generated declarations of cuBLASLt; against NVIDIA's library where it is installed, which needs no card. */
final class CublasLtBindingTest {
    @Test
    void everyNameOfTheIncludeListIsGenerated() throws IOException {
        GeneratedBinding.assertHoldsItsIncludeList(cublasLt.class, "cublaslt");
    }

    @Test
    void recordsAreLaidOutAsInC() {
        assertEquals(64, cublasLtMatmulAlgo_t.sizeof());
        assertEquals(96, cublasLtMatmulHeuristicResult_t.sizeof());
        assertEquals(64, cublasLtMatmulHeuristicResult_t.workspaceSize$offset());
        assertEquals(72, cublasLtMatmulHeuristicResult_t.state$offset());
    }

    @Test
    void everySymbolResolves() throws IllegalAccessException {
        LibraryReport report = GeneratedBinding.loadOrSkip("cublaslt");
        assertTrue(GeneratedBinding.assertEverySymbolResolves(cublasLt.class) > 30, report.toString());
    }

    @Test
    void versionIsTwelveOrThirteenAndStatusesHaveNames() {
        LibraryReport report = GeneratedBinding.loadOrSkip("cublaslt");
        long major = cublasLt.cublasLtGetVersion() / 10_000;
        assertTrue(major == 12 || major == 13, "major version " + major);
        assertTrue(report.version().startsWith(major + "."), report.toString());
        assertEquals(
                "CUBLAS_STATUS_NOT_SUPPORTED",
                cublasLt.cublasLtGetStatusName(cublasLt.CUBLAS_STATUS_NOT_SUPPORTED())
                        .getString(0));
    }

    /** Descriptors are plain memory of the library: they work without a card. */
    @Test
    void descriptorsKeepWhatTheyAreGiven() {
        GeneratedBinding.loadOrSkip("cublaslt");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            check(cublasLt.cublasLtMatmulDescCreate(out, cublasLt.CUBLAS_COMPUTE_32F(), cublasLt.CUDA_R_32F()));
            MemorySegment product = out.get(ValueLayout.ADDRESS, 0);
            MemorySegment epilogue = arena.allocateFrom(ValueLayout.JAVA_INT, cublasLt.CUBLASLT_EPILOGUE_GELU_BIAS());
            int key = cublasLt.CUBLASLT_MATMUL_DESC_EPILOGUE();
            check(cublasLt.cublasLtMatmulDescSetAttribute(product, key, epilogue, 4));
            MemorySegment read = arena.allocate(ValueLayout.JAVA_INT);
            check(cublasLt.cublasLtMatmulDescGetAttribute(product, key, read, 4, MemorySegment.NULL));
            assertEquals(cublasLt.CUBLASLT_EPILOGUE_GELU_BIAS(), read.get(ValueLayout.JAVA_INT, 0));
            check(cublasLt.cublasLtMatmulDescDestroy(product));

            check(cublasLt.cublasLtMatrixLayoutCreate(out, cublasLt.CUDA_R_16BF(), 1280, 257, 1280));
            MemorySegment layout = out.get(ValueLayout.ADDRESS, 0);
            MemorySegment rows = arena.allocate(ValueLayout.JAVA_LONG);
            check(cublasLt.cublasLtMatrixLayoutGetAttribute(
                    layout, cublasLt.CUBLASLT_MATRIX_LAYOUT_ROWS(), rows, 8, MemorySegment.NULL));
            assertEquals(1280, rows.get(ValueLayout.JAVA_LONG, 0));
            check(cublasLt.cublasLtMatrixLayoutDestroy(layout));
        }
    }

    private static void check(int status) {
        assertEquals(cublasLt.CUBLAS_STATUS_SUCCESS(), status);
    }
}
