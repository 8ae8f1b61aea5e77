package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is particular to the CPU backend; that its ops are right is shown by the op table. */
class CpuBackendTest {
    private static final int WIDTH = 96;
    private static final int HEADS = 3;

    /** fp32 sums of a hundred products of numbers near 1. */
    private static final double DOT_TOLERANCE = 1e-4;

    private static HostTensor random(long seed, long... dims) {
        Random random = new Random(seed);
        long count = 1;
        for (long dim : dims) {
            count *= dim;
        }
        float[] values = new float[(int) count];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, dims);
    }

    /** A transformer block over fixed tensors. */
    private record Block(Linear qkv, Linear fc1, Linear fc2, Tensor x, Tensor h, Tensor joint, Tensor mid, Tensor out) {
        static Block create(ParameterScope p, Workspace w, int rows) {
            return new Block(
                    p.linear(random(1, 3 * WIDTH, WIDTH), random(2, 3 * WIDTH), DType.F32),
                    p.linear(random(3, 4 * WIDTH, WIDTH), random(4, 4 * WIDTH), DType.F32),
                    p.linear(random(5, WIDTH, 4 * WIDTH), DType.F32),
                    w.allocate(DType.F32, 1, rows, WIDTH),
                    w.allocate(DType.F32, 1, rows, WIDTH),
                    w.allocate(DType.F32, 1, rows, 3 * WIDTH),
                    w.allocate(DType.F32, 1, rows, 4 * WIDTH),
                    w.allocate(DType.F32, 1, rows, WIDTH));
        }

        void forward(Backend b) {
            b.layerNorm(x, 1e-6f, h);
            b.linear(h, qkv, Activation.NONE, joint);
            Tensor q = joint.slice(2, 0, WIDTH);
            Tensor k = joint.slice(2, WIDTH, 2 * WIDTH);
            Tensor v = joint.slice(2, 2 * WIDTH, 3 * WIDTH);
            b.attention(q, k, v, HEADS, 0.2f, h);
            b.linear(h, fc1, Activation.GELU, mid);
            b.linear(mid, fc2, Activation.NONE, x, out);
        }
    }

    private static void withBlock(int threads, int rows, java.util.function.BiConsumer<CpuBackend, Block> body) {
        try (CpuBackend backend = new CpuBackend(threads);
                ParameterScope parameters = backend.parameters();
                Workspace workspace = backend.workspace(1 << 20)) {
            Block block = Block.create(parameters, workspace, rows);
            backend.upload(random(9, 1, rows, WIDTH), block.x());
            body.accept(backend, block);
        }
    }

    @Test
    void aReplayAllocatesNothing() {
        withBlock(2, 197, (backend, block) -> expectNoAllocation(backend, block::forward));
    }

    @Test
    void aReplayOnWindowsOfAGridAllocatesNothing() {
        try (CpuBackend backend = new CpuBackend(2);
                Workspace w = backend.workspace(1 << 20)) {
            Tensor grid = backend.upload(w, random(1, 1, 10, 10, 3 * WIDTH), DType.F32);
            Tensor padding = backend.upload(w, random(2, 3 * WIDTH), DType.F32);
            Tensor rows = backend.upload(w, random(3, 13, WIDTH / HEADS), DType.F32);
            Tensor columns = backend.upload(w, random(4, 13, WIDTH / HEADS), DType.F32);
            Tensor joint = w.allocate(DType.F32, 4, 49, 3 * WIDTH);
            Tensor attended = w.allocate(DType.F32, 4, 49, WIDTH);
            Tensor out = w.allocate(DType.F32, 1, 10, 10, WIDTH);
            expectNoAllocation(backend, b -> {
                b.partitionWindows(grid, 7, padding, joint);
                Tensor q = joint.slice(2, 0, WIDTH);
                Tensor k = joint.slice(2, WIDTH, 2 * WIDTH);
                Tensor v = joint.slice(2, 2 * WIDTH, 3 * WIDTH);
                b.gridAttention(q, k, v, HEADS, 0.2f, rows, columns, attended);
                b.mergeWindows(attended, 7, out);
            });
        }
    }

    private static void expectNoAllocation(Backend backend, Consumer<Backend> forward) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Program program = backend.capture(forward)) {
            // The caller and the workers only: the test runner's own threads allocate whenever they like.
            long[] workers = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("earshot-cpu-"))
                    .mapToLong(Thread::threadId)
                    .toArray();
            assertEquals(1, workers.length);
            long least = Long.MAX_VALUE;
            // The JVM itself allocates while it compiles: some runs are clean once it has.
            for (int attempt = 0; attempt < 50 && least > 0; attempt++) {
                long before = allocatedBytes(threads, workers[0]);
                for (int i = 0; i < 20; i++) {
                    program.run();
                }
                least = Math.min(least, allocatedBytes(threads, workers[0]) - before);
            }
            assertEquals(0, least, "bytes allocated by 20 runs");
        }
    }

    private static long allocatedBytes(com.sun.management.ThreadMXBean threads, long worker) {
        return threads.getCurrentThreadAllocatedBytes() + threads.getThreadAllocatedBytes(worker);
    }

    @Test
    void anyNumberOfThreadsGivesTheSameResult() {
        float[][] results = new float[4][];
        int[] threads = {1, 2, 3, 7};
        for (int i = 0; i < threads.length; i++) {
            int index = i;
            withBlock(threads[i], 33, (backend, block) -> {
                block.forward(backend);
                results[index] = backend.download(block.out());
            });
        }
        for (float[] result : results) {
            assertArrayEquals(results[0], result, 1e-4f);
        }
    }

    /** Large enough to be cut into tiles that the workers take in turns, with a last tile that is no multiple of a block. */
    @Test
    void aProductInTilesMatchesItsSumsAndRepeatsItsBits() {
        int in = 1280;
        int columns = 1290;
        int rows = 257;
        HostTensor weight = random(1, columns, in);
        HostTensor bias = random(2, columns);
        HostTensor input = random(3, rows, in);
        HostTensor residual = random(4, rows, columns);
        for (int threads : new int[] {2, 3, 4}) {
            try (CpuBackend backend = new CpuBackend(threads);
                    ParameterScope parameters = backend.parameters();
                    Workspace w = backend.workspace(8 << 20)) {
                Linear layer = parameters.linear(weight, bias, DType.F32);
                Tensor x = backend.upload(w, input, DType.F32);
                Tensor added = backend.upload(w, residual, DType.F32);
                Tensor y = w.allocate(DType.F32, rows, columns);
                backend.linear(x, layer, Activation.RELU, added, y);
                float[] first = backend.download(y);
                for (int i = 0; i < first.length; i += 97) {
                    double sum = bias.data().getAtIndex(ValueLayout.JAVA_FLOAT, i % columns);
                    for (int k = 0; k < in; k++) {
                        sum += (double) input.data().getAtIndex(ValueLayout.JAVA_FLOAT, (long) i / columns * in + k)
                                * weight.data().getAtIndex(ValueLayout.JAVA_FLOAT, (long) i % columns * in + k);
                    }
                    sum = Math.max(sum, 0) + residual.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
                    assertEquals(
                            sum, first[i], 10 * DOT_TOLERANCE, "row %d column %d".formatted(i / columns, i % columns));
                }
                for (int run = 0; run < 5; run++) {
                    backend.linear(x, layer, Activation.RELU, added, y);
                    assertArrayEquals(first, backend.download(y));
                }
            }
        }
    }

    @Test
    void onePackedWeightServesEveryNumberOfRows() {
        HostTensor weight = random(1, 130, 100);
        HostTensor input = random(2, 70, 100);
        float[] w = weight.toFloats();
        float[] x = input.toFloats();
        try (CpuBackend backend = new CpuBackend(2);
                ParameterScope parameters = backend.parameters();
                Workspace workspace = backend.workspace(1 << 20)) {
            Linear layer = parameters.linear(weight, DType.F32);
            Tensor all = backend.upload(workspace, input, DType.F32);
            for (int rows : new int[] {1, 2, 3, 5, 8, 15, 16, 17, 31, 64, 70}) {
                Tensor out = workspace.allocate(DType.F32, rows, 130);
                backend.linear(all.slice(0, 0, rows), layer, Activation.NONE, out);
                float[] y = backend.download(out);
                for (int i = 0; i < y.length; i++) {
                    double dot = 0;
                    for (int k = 0; k < 100; k++) {
                        dot += (double) x[i / 130 * 100 + k] * w[i % 130 * 100 + k];
                    }
                    assertEquals(dot, y[i], DOT_TOLERANCE, "row %d column %d".formatted(i / 130, i % 130));
                }
            }
        }
    }

    @Test
    void noOpOfTheTableRunsOnAReferenceImplementation() {
        try (CpuBackend backend = new CpuBackend(2)) {
            assumeFalse(Isa.effective().name().startsWith("older"), "below AVX2 the library has gaps");
            Set<String> all = new TreeSet<>();
            for (OpCase row : OpCases.all()) {
                if (row.scale() == OpCase.Scale.SMALL) {
                    try (OpRun run = row.open(backend, 1)) {
                        run.execute();
                    }
                    all.addAll(backend.implementations());
                }
            }
            List<String> slow = all.stream()
                    .filter(line -> line.startsWith("ref") || line.startsWith("simple"))
                    .toList();
            assertFalse(all.isEmpty());
            assertEquals(List.of(), slow);
        }
    }

    @Test
    void anEqualCallIsBoundOnce() {
        withBlock(2, 17, (backend, block) -> {
            block.forward(backend);
            int made = backend.implementations().size();
            float[] first = backend.download(block.out());
            block.forward(backend);
            assertEquals(made, backend.implementations().size());
            assertArrayEquals(first, backend.download(block.out()));
        });
    }

    @Test
    void aSecondThreadIsRefusedByNameWhileTheFirstIsInside() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch tried = new CountDownLatch(1);
        try (CpuBackend backend = new CpuBackend(1)) {
            Thread holder = new Thread(
                    () -> backend.capture(b -> {
                                inside.countDown();
                                await(tried);
                            })
                            .close(),
                    "the-first");
            holder.start();
            inside.await();
            IllegalStateException thrown = assertThrows(
                    IllegalStateException.class, () -> backend.workspace(0).close());
            tried.countDown();
            holder.join();
            assertTrue(thrown.getMessage().contains("the-first"), thrown.getMessage());
            assertTrue(thrown.getMessage().contains(Thread.currentThread().getName()), thrown.getMessage());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anotherThreadMayTakeOverBetweenCalls() {
        withBlock(2, 33, (backend, block) -> {
            block.forward(backend);
            float[] expected = backend.download(block.out());
            Thread other = new Thread(() -> block.forward(backend));
            other.start();
            join(other);
            assertArrayEquals(expected, backend.download(block.out()));
        });
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closingBeforeItsChildrenIsRefused() {
        CpuBackend backend = new CpuBackend(1);
        Workspace workspace = backend.workspace(1024);
        assertThrows(IllegalStateException.class, backend::close);
        workspace.close();
        backend.close();
        backend.close();
        assertThrows(IllegalStateException.class, () -> backend.workspace(0));
    }

    @Test
    void layersOfOthersAndOfClosedScopesAreRefused() {
        try (CpuBackend one = new CpuBackend(1);
                CpuBackend two = new CpuBackend(1);
                Workspace workspace = one.workspace(1024)) {
            Tensor x = workspace.allocate(DType.F32, 2, 8);
            Tensor out = workspace.allocate(DType.F32, 2, 8);
            ParameterScope own = one.parameters();
            Linear layer = own.linear(random(1, 8, 8), DType.F32);
            try (ParameterScope foreign = two.parameters()) {
                Linear other = foreign.linear(random(1, 8, 8), DType.F32);
                assertThrows(IllegalArgumentException.class, () -> one.linear(x, other, Activation.NONE, out));
            }
            one.linear(x, layer, Activation.NONE, out);
            own.close();
            own.close();
            assertEquals(0, own.bytes());
            assertThrows(IllegalStateException.class, () -> one.linear(x, layer, Activation.NONE, out));
        }
    }

    @Test
    void transfersAreRefusedInsideACapture() {
        try (CpuBackend backend = new CpuBackend(1);
                Workspace workspace = backend.workspace(1024)) {
            Tensor x = workspace.allocate(DType.F32, 4);
            Consumer<Backend> forward = b -> b.download(x);
            assertThrows(IllegalStateException.class, () -> backend.capture(forward));
            backend.affine(x, 0, 1, x);
            assertArrayEquals(new float[] {1, 1, 1, 1}, backend.download(x));
        }
    }

    @Test
    void bf16IsNativeOnlyWhereTheProcessorHasItAndSaysWhatItDoesElsewhere() {
        try (OneDnn onednn = new OneDnn();
                CpuBackend backend = new CpuBackend(1)) {
            boolean hasProduct = Isa.implementsBf16(onednn); // must answer, not fail, where there is none
            assertTrue(hasProduct || !backend.isNative(DType.BF16));
            boolean saysEmulated =
                    backend.info().details().stream().anyMatch(line -> line.startsWith("bf16: emulated"));
            assertEquals(!backend.isNative(DType.BF16), saysEmulated);
        }
    }

    @Test
    void backendsOpensItByNameWithANumberOfThreads() {
        try (Backend backend = Backends.open("cpu:3")) {
            assertTrue(
                    backend.info().details().contains("3 worker threads"),
                    backend.info().toString());
        }
        assertThrows(IllegalArgumentException.class, () -> Backends.open("cpu:none"));
        assertThrows(IllegalArgumentException.class, () -> new CpuBackend(0));
    }

    @Test
    void theProfileNamesStepsWithTheirShare() {
        Profile profile = new Profile(true, 2);
        Step step = new Step("linear 2 x 3 x 4", 48, new Task[] {Task.IDLE});
        for (int worker = 0; worker < 2; worker++) {
            long start = profile.now();
            profile.stop(worker, step, start, profile.now());
            profile.stop(worker, step, start, profile.now());
        }
        assertTrue(profile.toString().contains("100.0%"), profile.toString());
        assertTrue(profile.toString().contains("       2 "), "calls are counted once: " + profile);
        assertTrue(profile.toString().contains("linear 2 x 3 x 4"), profile.toString());
    }
}
