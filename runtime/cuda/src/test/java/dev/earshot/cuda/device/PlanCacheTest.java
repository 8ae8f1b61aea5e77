package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.TestBackends;
import java.util.Arrays;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** Plans are native memory: their number must not grow with the number of sizes that a user's pictures have. */
class PlanCacheTest {
    private static HostTensor values(long... shape) {
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i * 0.7 + values.length);
        }
        return HostTensor.of(values, shape);
    }

    private static Tensor input(Backend backend, Workspace w, DType dtype, long... shape) {
        return backend.upload(w, values(shape), dtype);
    }

    /** Runs {@code op} for sizes 1 to {@code sizes}; it has a plan for nearly each, of which only {@code kept} stay. */
    private static void expectBound(int before, int kept, int sizes, IntConsumer op) {
        int most = 0;
        for (int size = 1; size <= sizes; size++) {
            op.accept(size);
            most = Math.max(most, LibraryPlan.open() - before);
        }
        assertTrue(most > kept / 2, "sizes with a plan: " + most);
        assertTrue(most <= kept, "at most %d plans, got %d".formatted(kept, most));
    }

    @Test
    void productsOfEverChangingSizesKeepABoundedNumberOfPlans() {
        for (String name : TestBackends.names().toList()) {
            int before = LibraryPlan.open();
            try (Backend backend = Backends.open(name);
                    Workspace w = backend.workspace(1 << 20)) {
                float[][] first = new float[1][];
                expectBound(before, 1024, 1100, size -> {
                    float[] y = product(backend, w, size);
                    first[0] = size == 1 ? y : first[0];
                });
                assertArrayEquals(first[0], product(backend, w, 1));
            }
            assertEquals(before, LibraryPlan.open());
        }
    }

    private static float[] product(Backend backend, Workspace w, int rows) {
        w.reset();
        Tensor y = w.allocate(DType.F32, rows, 2);
        backend.matmul(input(backend, w, DType.F32, rows, 3), input(backend, w, DType.F32, 3, 2), 1, y);
        return backend.download(y);
    }

    @Test
    void convolutionsAndAttentionOfEverChangingSizesKeepABoundedNumberOfPlans() {
        for (String name : TestBackends.names().toList()) {
            int before = LibraryPlan.open();
            try (Backend backend = Backends.open(name);
                    ParameterScope parameters = backend.parameters();
                    Workspace w = backend.workspace(1 << 20)) {
                Convolution kernel = parameters.convolution(values(2, 1, 1, 1), ConvolutionOptions.of(1, 0), DType.F32);
                expectBound(before, 128, 150, size -> {
                    w.reset();
                    Tensor x = input(backend, w, DType.F32, 1, 1, size, 2);
                    backend.conv2d(x, kernel, w.allocate(DType.F32, 1, 2, size, 2));
                });
                int convolutions = LibraryPlan.open();
                expectBound(convolutions, 128, 150, size -> {
                    w.reset();
                    Tensor[] x = new Tensor[3];
                    Arrays.setAll(x, i -> input(backend, w, DType.BF16, 1, size, 8));
                    backend.attention(x[0], x[1], x[2], 1, 0.5f, w.allocate(DType.BF16, 1, size, 8));
                });
            }
            assertEquals(before, LibraryPlan.open());
        }
    }

    @Test
    void whatACapturedProgramReplaysStaysAndGoesWithTheProgram() {
        for (String name : TestBackends.names().toList()) {
            int before = LibraryPlan.open();
            try (Backend backend = Backends.open(name);
                    ParameterScope parameters = backend.parameters();
                    Workspace kept = backend.workspace(1 << 20);
                    Workspace w = backend.workspace(1 << 20)) {
                Convolution kernel = parameters.convolution(values(2, 1, 1, 1), ConvolutionOptions.of(1, 0), DType.F32);
                Tensor x = input(backend, kept, DType.F32, 1, 1, 3, 3);
                Tensor y = kept.allocate(DType.F32, 1, 2, 3, 3);
                Program program = backend.capture(b -> b.conv2d(x, kernel, y));
                float[] expected = backend.download(y);
                int captured = LibraryPlan.open() - before;
                assumeTrue(captured == 1, "cuDNN has an engine for this convolution");
                for (int size = 4; size < 304; size++) {
                    w.reset();
                    Tensor other = input(backend, w, DType.F32, 1, 1, size, 2);
                    backend.conv2d(other, kernel, w.allocate(DType.F32, 1, 2, size, 2));
                }
                int full = LibraryPlan.open() - before;
                backend.upload(values(1, 2, 3, 3), y);
                program.run();
                assertArrayEquals(expected, backend.download(y));
                program.close();
                assertEquals(
                        full - 1, LibraryPlan.open() - before, "forgotten by the cache, held by the program alone");
            }
            assertEquals(before, LibraryPlan.open());
        }
    }
}
