package dev.earshot.bindings.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.GeneratedBinding;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.OpenMp;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The generated declarations against the library that is shipped: names, sizes and one computation. */
final class OneDnnBindingTest {
    @BeforeAll
    static void load() {
        NativeLibraries.loadOneDnn();
    }

    @Test
    void everySymbolResolves() throws IllegalAccessException {
        assertTrue(GeneratedBinding.assertEverySymbolResolves(dnnl.class) > 60);
    }

    @Test
    void everyNameOfTheIncludeListIsGenerated() throws IOException {
        GeneratedBinding.assertHoldsItsIncludeList(dnnl.class, "onednn");
    }

    @Test
    void libraryIsOfTheHeadersVersion() {
        MemorySegment version = dnnl.dnnl_version();
        assertEquals(dnnl.DNNL_VERSION_MAJOR(), dnnl_version_t.major(version));
        assertEquals(dnnl.DNNL_VERSION_MINOR(), dnnl_version_t.minor(version));
        assertEquals(2, dnnl_version_t.cpu_runtime(version), "expected the OpenMP runtime");
    }

    @Test
    void executeArgumentIsSixteenBytes() {
        assertEquals(16, dnnl_exec_arg_t.sizeof());
        assertEquals(0, dnnl_exec_arg_t.arg$offset());
        assertEquals(8, dnnl_exec_arg_t.memory$offset());
    }

    @Test
    void threadCountBelongsToTheThread() throws InterruptedException {
        OpenMp.setNumThreads(3);
        int[] elsewhere = new int[1];
        Thread thread = new Thread(() -> {
            OpenMp.setNumThreads(1);
            elsewhere[0] = OpenMp.maxThreads();
        });
        thread.start();
        thread.join();
        assertEquals(1, elsewhere[0]);
        assertEquals(3, OpenMp.maxThreads());
        OpenMp.setNumThreads(1);
    }

    /** x[k] = k+1 times W[k][n] = (k == n ? 2 : 0) + (n == 0 ? 1 : 0): doubled x, and 136 = 1+...+16 added to y[0]. */
    @Test
    void smallMatmulHasTheKnownAnswer() {
        OpenMp.setNumThreads(1);
        int width = 16;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment x = arena.allocate(ValueLayout.JAVA_FLOAT, width);
            MemorySegment weights = arena.allocate(ValueLayout.JAVA_FLOAT, (long) width * width);
            MemorySegment y = arena.allocate(ValueLayout.JAVA_FLOAT, width);
            for (int k = 0; k < width; k++) {
                x.setAtIndex(ValueLayout.JAVA_FLOAT, k, k + 1);
                for (int n = 0; n < width; n++) {
                    weights.setAtIndex(ValueLayout.JAVA_FLOAT, k * width + n, (k == n ? 2 : 0) + (n == 0 ? 1 : 0));
                }
            }
            matmul(arena, x, weights, y, width);
            for (int n = 0; n < width; n++) {
                float expected = 2f * (n + 1) + (n == 0 ? 136 : 0);
                assertEquals(expected, y.getAtIndex(ValueLayout.JAVA_FLOAT, n), "y[" + n + "]");
            }
        }
    }

    private static void matmul(Arena arena, MemorySegment x, MemorySegment weights, MemorySegment y, int width) {
        MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
        check(dnnl.dnnl_engine_create(out, dnnl.dnnl_cpu(), 0));
        MemorySegment engine = out.get(ValueLayout.ADDRESS, 0);
        check(dnnl.dnnl_stream_create(out, engine, dnnl.dnnl_stream_default_flags()));
        MemorySegment stream = out.get(ValueLayout.ADDRESS, 0);
        MemorySegment row = descriptor(arena, 1, width);
        MemorySegment square = descriptor(arena, width, width);
        check(dnnl.dnnl_matmul_primitive_desc_create(
                out, engine, row, square, MemorySegment.NULL, row, MemorySegment.NULL));
        MemorySegment descriptor = out.get(ValueLayout.ADDRESS, 0);
        check(dnnl.dnnl_primitive_create(out, descriptor));
        MemorySegment primitive = out.get(ValueLayout.ADDRESS, 0);

        MemorySegment source = memory(arena, row, engine, x);
        MemorySegment matrix = memory(arena, square, engine, weights);
        MemorySegment target = memory(arena, row, engine, y);
        MemorySegment arguments = dnnl_exec_arg_t.allocateArray(3, arena);
        argument(arguments, 0, dnnl.DNNL_ARG_SRC(), source);
        argument(arguments, 1, dnnl.DNNL_ARG_WEIGHTS(), matrix);
        argument(arguments, 2, dnnl.DNNL_ARG_DST(), target);
        check(dnnl.dnnl_primitive_execute(primitive, stream, 3, arguments));
        check(dnnl.dnnl_stream_wait(stream));

        for (MemorySegment memory : new MemorySegment[] {source, matrix, target}) {
            check(dnnl.dnnl_memory_destroy(memory));
        }
        check(dnnl.dnnl_primitive_destroy(primitive));
        check(dnnl.dnnl_primitive_desc_destroy(descriptor));
        check(dnnl.dnnl_memory_desc_destroy(row));
        check(dnnl.dnnl_memory_desc_destroy(square));
        check(dnnl.dnnl_stream_destroy(stream));
        check(dnnl.dnnl_engine_destroy(engine));
    }

    private static MemorySegment descriptor(Arena arena, long rows, long columns) {
        MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
        MemorySegment dims = arena.allocateFrom(ValueLayout.JAVA_LONG, rows, columns);
        check(dnnl.dnnl_memory_desc_create_with_tag(out, 2, dims, dnnl.dnnl_f32(), dnnl.dnnl_ab()));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    private static MemorySegment memory(Arena arena, MemorySegment descriptor, MemorySegment engine, MemorySegment at) {
        MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
        check(dnnl.dnnl_memory_create(out, descriptor, engine, at));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    private static void argument(MemorySegment arguments, int index, int id, MemorySegment memory) {
        MemorySegment argument = dnnl_exec_arg_t.asSlice(arguments, index);
        dnnl_exec_arg_t.arg(argument, id);
        dnnl_exec_arg_t.memory(argument, memory);
    }

    private static void check(int status) {
        assertEquals(dnnl.dnnl_success(), status);
    }
}
