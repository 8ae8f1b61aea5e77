package dev.earshot.bindings.cudnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.GeneratedBinding;
import dev.earshot.bindings.LibraryReport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The generated declarations of cuDNN 9; against NVIDIA's library where it is installed, which needs no card. */
final class CudnnBindingTest {
    @Test
    void everyNameOfTheIncludeListIsGenerated() throws IOException {
        GeneratedBinding.assertHoldsItsIncludeList(cudnn.class, "cudnn");
    }

    @Test
    void everySymbolResolves() throws IllegalAccessException {
        LibraryReport report = GeneratedBinding.loadOrSkip("cudnn");
        assertTrue(GeneratedBinding.assertEverySymbolResolves(cudnn.class) >= 20, report.toString());
    }

    @Test
    void versionIsNineAndStatusesHaveNames() {
        LibraryReport report = GeneratedBinding.loadOrSkip("cudnn");
        assertEquals(9, cudnn.cudnnGetVersion() / 10_000);
        assertTrue(report.version().startsWith("9."), report.toString());
        assertEquals(
                "CUDNN_STATUS_BAD_PARAM",
                cudnn.cudnnGetErrorString(cudnn.CUDNN_STATUS_BAD_PARAM()).getString(0));
    }

    /** A tensor descriptor is made, described and finalised without a card, and refuses what is wrong. */
    @Test
    void tensorDescriptorIsFinalised() {
        GeneratedBinding.loadOrSkip("cudnn");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            check(cudnn.cudnnBackendCreateDescriptor(cudnn.CUDNN_BACKEND_TENSOR_DESCRIPTOR(), out));
            MemorySegment tensor = out.get(ValueLayout.ADDRESS, 0);
            assertTrue(cudnn.cudnnBackendFinalize(tensor) != cudnn.CUDNN_STATUS_SUCCESS(), "nothing is set yet");
            set(
                    tensor,
                    cudnn.CUDNN_ATTR_TENSOR_DATA_TYPE(),
                    cudnn.CUDNN_TYPE_DATA_TYPE(),
                    1,
                    arena.allocateFrom(ValueLayout.JAVA_INT, cudnn.CUDNN_DATA_BFLOAT16()));
            long[] sizes = {2, 3, 5, 7};
            long[] strides = {105, 35, 7, 1};
            int integers = cudnn.CUDNN_TYPE_INT64();
            set(tensor, cudnn.CUDNN_ATTR_TENSOR_DIMENSIONS(), integers, 4, longs(arena, sizes));
            set(tensor, cudnn.CUDNN_ATTR_TENSOR_STRIDES(), integers, 4, longs(arena, strides));
            set(tensor, cudnn.CUDNN_ATTR_TENSOR_UNIQUE_ID(), integers, 1, longs(arena, 17));
            set(tensor, cudnn.CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT(), integers, 1, longs(arena, 16));
            check(cudnn.cudnnBackendFinalize(tensor));

            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment read = arena.allocate(ValueLayout.JAVA_LONG, 8);
            check(cudnn.cudnnBackendGetAttribute(
                    tensor, cudnn.CUDNN_ATTR_TENSOR_DIMENSIONS(), integers, 8, count, read));
            assertEquals(4, count.get(ValueLayout.JAVA_LONG, 0));
            for (int i = 0; i < 4; i++) {
                assertEquals(sizes[i], read.getAtIndex(ValueLayout.JAVA_LONG, i));
            }
            check(cudnn.cudnnBackendDestroyDescriptor(tensor));
        }
    }

    private static MemorySegment longs(Arena arena, long... values) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, values);
    }

    private static void set(MemorySegment descriptor, int name, int type, long count, MemorySegment values) {
        check(cudnn.cudnnBackendSetAttribute(descriptor, name, type, count, values));
    }

    private static void check(int status) {
        assertEquals(cudnn.CUDNN_STATUS_SUCCESS(), status);
    }
}
