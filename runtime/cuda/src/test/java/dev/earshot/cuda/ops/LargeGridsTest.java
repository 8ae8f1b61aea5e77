package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** More rows, heads and images than a grid's second and third axis can have (65,535), as a large batch has. */
class LargeGridsTest {
    private static final int ROWS = 70_001;

    /** An op on some inputs, written to its output. */
    private interface Op {
        void run(Backend b, Tensor[] in, Tensor out);
    }

    private static float[] result(Backend opened, long[][] inputs, long[] output, Op op) {
        SplittableRandom random = new SplittableRandom(5);
        try (Backend backend = opened;
                Workspace ws = backend.workspace(1 << 20)) {
            Tensor[] in = new Tensor[inputs.length];
            for (int i = 0; i < in.length; i++) {
                HostTensor host = HostTensor.of(random(random, inputs[i]), inputs[i]);
                in[i] = backend.upload(ws, host, DType.F32);
            }
            Tensor out = ws.allocate(DType.F32, output);
            op.run(backend, in, out);
            return backend.download(out);
        }
    }

    private static float[] random(SplittableRandom random, long[] dims) {
        int size = 1;
        for (long dim : dims) {
            size *= (int) dim;
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static void check(long[][] inputs, long[] output, Op op) {
        float[] expected = result(new ReferenceBackend(), inputs, output, op);
        assertArrayEquals(expected, result(Backends.open("simcuda"), inputs, output, op), 1e-5f);
    }

    private static long[] dims(long... dims) {
        return dims;
    }

    @Test
    void rowOpsTakeManyRows() {
        long[] rows = dims(ROWS, 4);
        long[][] one = {rows};
        check(one, rows, (b, in, out) -> b.layerNorm(in[0], 1e-6f, out));
        check(one, rows, (b, in, out) -> b.softmax(in[0], 1, out));
        check(one, rows, (b, in, out) -> b.l2Normalize(in[0], 1e-6f, out));
        check(one, rows, (b, in, out) -> b.unary(UnaryOp.GELU, in[0], out));
        check(one, dims(ROWS), (b, in, out) -> b.reduce(ReduceOp.SUM, in[0], 1, out));
        check(one, dims(4), (b, in, out) -> b.reduce(ReduceOp.MAX, in[0], 0, out));
    }

    @Test
    void productsTakeManySamples() {
        long[][] inputs = {dims(ROWS, 2, 3), dims(ROWS, 3, 2)};
        check(inputs, dims(ROWS, 2, 2), (b, in, out) -> b.matmul(in[0], in[1], 1, out));
    }

    @Test
    void attentionTakesManyHeads() {
        long[] tokens = dims(ROWS / 16 + 1, 2, 16 * 4);
        check(
                new long[][] {tokens, tokens, tokens},
                tokens,
                (b, in, out) -> b.attention(in[0], in[1], in[2], 16, 0.5f, out));
    }

    @Test
    void fusionTakesManyFrames() {
        long[][] inputs = {dims(ROWS, 1, 4), dims(ROWS, 2, 4), dims(1)};
        check(inputs, dims(ROWS, 1, 4), (b, in, out) -> b.crossModalAttention(in[0], in[1], in[2], 0.5f, out));
    }

    @Test
    void imagesTakeManySamples() {
        check(new long[][] {dims(ROWS, 1, 2, 2)}, dims(ROWS, 1, 4), (b, in, out) -> b.unfold(in[0], 2, 2, 2, 2, out));
    }
}
