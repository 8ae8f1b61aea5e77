package dev.earshot.bindings.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.GeneratedBinding;
import dev.earshot.bindings.LibraryReport;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The generated declarations of the CUDA driver against the C header's sizes and, where there is one, a driver. */
final class CudaBindingTest {
    @Test
    void everyNameOfTheIncludeListIsGenerated() throws IOException {
        GeneratedBinding.assertHoldsItsIncludeList(cuda.class, "cuda");
    }

    @Test
    void everySymbolResolves() throws IllegalAccessException {
        LibraryReport report = GeneratedBinding.loadOrSkip("cuda");
        assertTrue(GeneratedBinding.assertEverySymbolResolves(cuda.class) > 90, report.toString());
    }

    /** Sizes and offsets as a C compiler gives them for cuda.h on x86-64. */
    @Test
    void recordsAreLaidOutAsInC() {
        assertEquals(56, CUlaunchConfig_st.sizeof());
        assertEquals(24, CUlaunchConfig_st.sharedMemBytes$offset());
        assertEquals(32, CUlaunchConfig_st.hStream$offset());
        assertEquals(40, CUlaunchConfig_st.attrs$offset());
        assertEquals(48, CUlaunchConfig_st.numAttrs$offset());
        assertEquals(72, CUlaunchAttribute_st.sizeof());
        assertEquals(8, CUlaunchAttribute_st.value$offset());
        assertEquals(88, CUmemPoolProps_st.sizeof());
        assertEquals(8, CUmemPoolProps_st.location$offset());
        assertEquals(8, CUmemLocation_st.sizeof());
        assertEquals(16, CUuuid_st.sizeof());
    }

    @Test
    void valuesThatOurOwnDriverMustShare() {
        assertEquals(0, cuda.CUDA_SUCCESS());
        assertEquals(2, cuda.CUDA_ERROR_OUT_OF_MEMORY());
        assertEquals(75, cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR());
        assertEquals(76, cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR());
        assertEquals(8, cuda.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES());
    }
}
