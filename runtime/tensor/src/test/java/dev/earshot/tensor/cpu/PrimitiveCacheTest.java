package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.ConvolutionOptions;
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
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Primitives are native memory: their number must not grow with the number of sizes that a user's pictures have. */
class PrimitiveCacheTest {
    private static final int CAPACITY = 48;

    /** Primitives that one op of these tests makes at the most, which a binding may hold beside those kept. */
    private static final int OF_ONE_OP = 8;

    private static final int WIDTH = 24;
    private static final int SIZES = 200;

    private static CpuBackend backend(int capacity) {
        return new CpuBackend(2, Optional.empty(), capacity);
    }

    private static HostTensor random(long seed, long... dims) {
        Random random = new Random(seed);
        long count = Arrays.stream(dims).reduce(1, (a, b) -> a * b);
        float[] values = new float[(int) count];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, dims);
    }

    /** A picture's way through products, a softmax and attention, at any number of tokens. */
    private record Model(Linear joint, Linear back) {
        static Model create(ParameterScope p) {
            return new Model(
                    p.linear(random(1, 3 * WIDTH, WIDTH), random(2, 3 * WIDTH), DType.F32),
                    p.linear(random(3, WIDTH, WIDTH), random(4, WIDTH), DType.F32));
        }

        Tensor forward(Backend b, Workspace w, Tensor x) {
            long tokens = x.dim(1);
            Tensor qkv = w.allocate(DType.F32, 1, tokens, 3 * WIDTH);
            Tensor y = w.allocate(DType.F32, 1, tokens, WIDTH);
            b.layerNorm(x, 1e-6f, y);
            b.linear(y, joint, Activation.NONE, qkv);
            Tensor q = qkv.slice(2, 0, WIDTH);
            Tensor k = qkv.slice(2, WIDTH, 2 * WIDTH);
            Tensor v = qkv.slice(2, 2 * WIDTH, 3 * WIDTH);
            b.attention(q, k, v, 2, 0.3f, y);
            Tensor z = w.allocate(DType.F32, 1, tokens, WIDTH);
            Tensor probabilities = w.allocate(DType.F32, 1, tokens, WIDTH);
            b.linear(y, back, Activation.GELU, x, z);
            b.softmax(z, 1, probabilities);
            return probabilities;
        }
    }

    @Test
    void everChangingSizesKeepABoundedNumberOfPrimitives() {
        int before = Primitive.open();
        try (CpuBackend backend = backend(CAPACITY);
                ParameterScope parameters = backend.parameters();
                Workspace w = backend.workspace(4 << 20)) {
            Model model = Model.create(parameters);
            var convolution = parameters.convolution(random(5, 8, 3, 3, 3), ConvolutionOptions.of(1, 0), DType.F32);
            float[] first = null;
            int most = 0;
            for (int size = 0; size <= SIZES; size++) {
                w.reset();
                int tokens = 5 + size % SIZES; // the last is the first again, long forgotten
                Tensor x = backend.upload(w, random(tokens, 1, tokens, WIDTH), DType.F32);
                float[] y = backend.download(model.forward(backend, w, x));
                first = first == null ? y : first;
                if (size == SIZES) {
                    assertArrayEquals(first, y);
                }
                Tensor picture = backend.upload(w, random(size, 1, 3, tokens, tokens + 1), DType.F32);
                backend.conv2d(picture, convolution, w.allocate(DType.F32, 1, 8, tokens - 2, tokens - 1));
                most = Math.max(most, Primitive.open() - before);
            }
            assertTrue(most > CAPACITY, "enough shapes to fill the cache, got " + most);
            assertTrue(most <= CAPACITY + OF_ONE_OP, "at most %d primitives, got %d".formatted(CAPACITY, most));
        }
        assertEquals(before, Primitive.open());
    }

    @Test
    void whatACapturedProgramHoldsStaysAndGoesWithTheProgram() {
        int before = Primitive.open();
        try (CpuBackend backend = backend(1);
                ParameterScope parameters = backend.parameters();
                Workspace kept = backend.workspace(1 << 20);
                Workspace w = backend.workspace(1 << 20)) {
            Model model = Model.create(parameters);
            Tensor x = backend.upload(kept, random(9, 1, 33, WIDTH), DType.F32);
            Tensor[] y = new Tensor[1];
            Program program = backend.capture(b -> y[0] = model.forward(b, kept, x));
            float[] expected = backend.download(y[0]);
            backend.binder(); // frees what nobody holds
            int held = Primitive.open() - before;
            assertTrue(held > 3, "a program with several primitives, got " + held);
            for (int tokens = 2; tokens < 20; tokens++) {
                w.reset();
                model.forward(backend, w, backend.upload(w, random(tokens, 1, tokens, WIDTH), DType.F32));
                backend.upload(random(tokens, 1, 33, WIDTH), y[0]);
                program.run();
                assertArrayEquals(expected, backend.download(y[0]));
            }
            backend.binder();
            assertEquals(held, Primitive.open() - before);
            program.close();
            backend.binder();
            assertTrue(Primitive.open() - before <= 1, "freed with the program");
        }
    }

    @Test
    void noOpOfTheTableKeepsAPrimitiveOnceItsStepsAreFreed() {
        int before = Primitive.open();
        try (CpuBackend backend = backend(0)) {
            for (OpCase row : OpCases.all()) {
                if (row.scale() == OpCase.Scale.SMALL) {
                    try (OpRun run = row.open(backend, 1)) {
                        run.execute();
                    }
                    backend.binder();
                    assertEquals(before, Primitive.open(), row.toString());
                }
            }
        }
    }
}
