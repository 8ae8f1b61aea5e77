package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.testing.TestBackends;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** NaN, infinities, huge, tiny and degenerate inputs on every backend, against answers known without a computation. */
class SpecialValuesTest {
    private static final float NAN = Float.NaN;
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float TINY = 1e-40f;

    static Stream<String> backends() {
        return TestBackends.names();
    }

    /** A test body. */
    private interface Body {
        void run(Backend backend, Workspace ws);
    }

    private static void on(String name, Body body) {
        try (Backend backend = Backends.open(name);
                Workspace ws = backend.workspace(1 << 16)) {
            body.run(backend, ws);
        }
    }

    private static Tensor row(Backend backend, Workspace ws, float... values) {
        return backend.upload(ws, HostTensor.of(values, 1, values.length), DType.F32);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void unaryFunctionsAtTheEdges(String name) {
        on(name, (b, ws) -> {
            float[] in = {NAN, INF, -INF, 0f, 1e30f, -1e30f, 100f, -100f};
            expectUnary(b, ws, UnaryOp.RELU, in, NAN, INF, 0, 0, 1e30f, 0, 100, 0);
            expectUnary(b, ws, UnaryOp.GELU, in, NAN, INF, NAN, 0, 1e30f, 0, 100, 0);
            expectUnary(b, ws, UnaryOp.SIGMOID, in, NAN, 1, 0, 0.5f, 1, 0, 1, 3.8e-44f);
            expectUnary(b, ws, UnaryOp.TANH, in, NAN, 1, -1, 0, 1, -1, 1, -1);
            expectUnary(b, ws, UnaryOp.EXP, in, NAN, INF, 0, 1, INF, 0, INF, 3.8e-44f);
            expectUnary(b, ws, UnaryOp.ABS, in, NAN, INF, INF, 0, 1e30f, 1e30f, 100, 100);
            expectUnary(b, ws, UnaryOp.NEGATE, in, NAN, -INF, INF, 0, -1e30f, 1e30f, -100, 100);
            float[] positive = {NAN, INF, 0f, 1f, -1f};
            expectUnary(b, ws, UnaryOp.LOG, positive, NAN, INF, -INF, 0, NAN);
            expectUnary(b, ws, UnaryOp.SQRT, positive, NAN, INF, 0, 1, NAN);
        });
    }

    private static void expectUnary(Backend b, Workspace ws, UnaryOp op, float[] in, float... expected) {
        Tensor x = row(b, ws, in);
        Tensor y = ws.allocate(DType.F32, x.shape());
        b.unary(op, x, y);
        // Subnormal results may be flushed to zero.
        assertArrayEquals(expected, b.download(y), 1e-37f, op.name());
    }

    @ParameterizedTest
    @MethodSource("backends")
    void binaryFunctionsCarryNaN(String name) {
        on(name, (b, ws) -> {
            Tensor x = row(b, ws, NAN, 1, INF, 0, -INF);
            Tensor y = row(b, ws, 1, NAN, INF, 0, INF);
            float[][] expected = {
                {NAN, NAN, INF, 0, NAN},
                {NAN, NAN, NAN, 0, -INF},
                {NAN, NAN, INF, 0, -INF},
                {NAN, NAN, NAN, NAN, NAN},
                {NAN, NAN, INF, 0, -INF},
                {NAN, NAN, INF, 0, INF}
            };
            for (BinaryOp op : BinaryOp.values()) {
                Tensor z = ws.allocate(DType.F32, 1, 5);
                b.binary(op, x, y, z);
                assertArrayEquals(expected[op.ordinal()], b.download(z), op.name());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void reductionsCarryNaN(String name) {
        on(name, (b, ws) -> {
            Tensor x = b.upload(
                    ws, HostTensor.of(new float[] {1, NAN, 3, 1, 2, INF, -INF, 5, 6, -4, -5, -6}, 4, 3), DType.F32);
            float[][] expected = {
                {NAN, INF, -INF, -15},
                {NAN, INF, -INF, -5},
                {NAN, INF, 6, -4},
                {NAN, 1, -INF, -6},
                {NAN, INF, 6.3132617f, -3.592394f} // log(e^5 + e^6), log(e^-4 + e^-5 + e^-6)
            };
            for (ReduceOp op : ReduceOp.values()) {
                Tensor y = ws.allocate(DType.F32, 4);
                b.reduce(op, x, 1, y);
                assertArrayEquals(expected[op.ordinal()], b.download(y), 1e-6f, op.name() + " along rows");
                Tensor z = ws.allocate(DType.F32, 4);
                b.reduce(op, b.copy(ws, x.transpose(0, 1), DType.F32), 0, z);
                assertArrayEquals(expected[op.ordinal()], b.download(z), 1e-6f, op.name() + " along columns");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void topKKeepsWhoCameFirstAndLeavesOutNaNAndTheOwnGroup(String name) {
        on(name, (b, ws) -> {
            Tensor x = row(b, ws, 2, NAN, 5, 5, -INF, 9, INF);
            Tensor rowGroups = integers(b, ws, 4);
            Tensor columnGroups = integers(b, ws, 0, 1, 2, 3, 5, 4, 6);
            Tensor values = row(b, ws, 5, -INF, -INF, -INF, -INF, -INF);
            Tensor indices = ws.allocate(DType.I32, 1, 6);
            b.copy(integers(b, ws, 8, -1, -1, -1, -1, -1), indices);
            b.mergeTopK(x, rowGroups, columnGroups, 10, values, indices);
            assertArrayEquals(new float[] {INF, 5, 5, 5, 2, -INF}, b.download(values));
            assertArrayEquals(new long[] {16, 8, 12, 13, 10, -1}, b.downloadIntegers(indices));
        });
    }

    private static Tensor integers(Backend b, Workspace ws, int... values) {
        HostTensor host = new HostTensor(MemorySegment.ofArray(values), DType.I32, Shape.of(values.length));
        return b.upload(ws, host, DType.I32);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void argmaxTakesTheFirstOfEqualElements(String name) {
        on(name, (b, ws) -> {
            float[] values = {3, 7, 7, 1, -INF, -INF, -INF, -INF, 0, -0f, 0, INF, -5, -5, -7, -5};
            Tensor x = b.upload(ws, HostTensor.of(values, 4, 4), DType.F32);
            Tensor y = ws.allocate(DType.I32, 4);
            b.argmax(x, y);
            assertArrayEquals(new long[] {1, 0, 3, 0}, b.downloadIntegers(y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void softmaxNeitherOverflowsNorUnderflows(String name) {
        on(name, (b, ws) -> {
            Tensor x = b.upload(
                    ws,
                    HostTensor.of(new float[] {1e30f, 0, -1e30f, 500, 500, -INF, -900, -900, -900}, 3, 3),
                    DType.F32);
            Tensor y = ws.allocate(DType.F32, 3, 3);
            b.softmax(x, 1, y);
            float third = 1 / 3f;
            assertArrayEquals(new float[] {1, 0, 0, 0.5f, 0.5f, 0, third, third, third}, b.download(y), 1e-6f);
            b.softmax(row(b, ws, -INF, -INF), 1, y.slice(0, 0, 1).slice(1, 0, 2));
            assertTrue(Float.isNaN(b.download(y)[0]));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void attentionOverOneVisibleKeyIsThatValue(String name) {
        on(name, (b, ws) -> {
            Tensor q = b.upload(ws, HostTensor.of(new float[] {1, 2, 3, 4}, 1, 2, 2), DType.F32);
            Tensor v = b.upload(ws, HostTensor.of(new float[] {10, 20, 30, 40}, 1, 2, 2), DType.F32);
            Tensor mask = b.upload(ws, HostTensor.of(new float[] {-INF, 0}, 1, 1, 1, 2), DType.F32);
            Tensor y = ws.allocate(DType.F32, 1, 2, 2);
            b.attention(q, q, v, 1, 1e3f, mask, y);
            assertArrayEquals(new float[] {30, 40, 30, 40}, b.download(y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void gridAttentionPicksTheKeyThatItsTablesPointAt(String name) {
        on(name, (b, ws) -> {
            // 2 x 3 tokens whose queries are 1 and keys 0: the tables alone decide. The largest entries are those for
            // the
            // row above (y - y' = 1) and for the same column, so that tokens of the second row get the one above them.
            Tensor q = b.upload(ws, HostTensor.of(new float[] {1, 1, 1, 1, 1, 1}, 1, 6, 1), DType.F32);
            Tensor k = b.upload(ws, HostTensor.of(new float[6], 1, 6, 1), DType.F32);
            Tensor v = b.upload(ws, HostTensor.of(new float[] {10, 20, 30, 40, 50, 60}, 1, 6, 1), DType.F32);
            Tensor rows = b.upload(ws, HostTensor.of(new float[] {-1e30f, 0, 1e3f}, 3, 1), DType.F32);
            Tensor columns = b.upload(ws, HostTensor.of(new float[] {0, 0, 1e3f, 0, -1e30f}, 5, 1), DType.F32);
            Tensor y = ws.allocate(DType.F32, 1, 6, 1);
            b.gridAttention(q, k, v, 1, 1e30f, rows, columns, y);
            assertArrayEquals(new float[] {10, 20, 30, 10, 20, 30}, b.download(y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void gridAttentionCarriesNaNToTheTokensThatSeeIt(String name) {
        on(name, (b, ws) -> {
            Tensor zero = b.upload(ws, HostTensor.of(new float[4], 1, 4, 1), DType.F32);
            Tensor one = b.upload(ws, HostTensor.of(new float[] {1, 1, 1, 1}, 1, 4, 1), DType.F32);
            Tensor flat = b.upload(ws, HostTensor.of(new float[3], 3, 1), DType.F32);
            // Only the lower row's tokens look one row up.
            Tensor rows = b.upload(ws, HostTensor.of(new float[] {0, 0, NAN}, 3, 1), DType.F32);
            Tensor y = ws.allocate(DType.F32, 1, 4, 1);
            b.gridAttention(one, zero, one, 1, 1, rows, flat, y);
            assertArrayEquals(new float[] {1, 1, NAN, NAN}, b.download(y), 1e-6f);
            Tensor query = b.upload(ws, HostTensor.of(new float[] {0, NAN, 0, 0}, 1, 4, 1), DType.F32);
            b.gridAttention(query, zero, one, 1, 1, flat, flat, y);
            assertArrayEquals(new float[] {1, NAN, 1, 1}, b.download(y), 1e-6f);
            b.gridAttention(zero, zero, query, 1, 1, flat, flat, y);
            assertArrayEquals(new float[] {NAN, NAN, NAN, NAN}, b.download(y));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void windowsCarryEveryValueAndArePaddedWithAnyOther(String name) {
        on(name, (b, ws) -> {
            Tensor x = b.upload(ws, HostTensor.of(new float[] {NAN, -0f, INF, TINY, 5, -INF}, 1, 2, 3, 1), DType.F32);
            Tensor y = ws.allocate(DType.F32, 2, 4, 1);
            b.partitionWindows(x, 2, row(b, ws, NAN).select(0, 0), y);
            assertArrayEquals(new float[] {NAN, -0f, TINY, 5, INF, NAN, -INF, NAN}, b.download(y));
            Tensor back = ws.allocate(DType.F32, 1, 2, 3, 1);
            b.mergeWindows(y, 2, back);
            assertArrayEquals(new float[] {NAN, -0f, INF, TINY, 5, -INF}, b.download(back));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void normsOfConstantAndZeroRows(String name) {
        on(name, (b, ws) -> {
            Tensor constant = row(b, ws, 1e6f, 1e6f, 1e6f, 1e6f);
            Tensor y = ws.allocate(DType.F32, 1, 4);
            b.layerNorm(constant, 1e-6f, y);
            assertArrayEquals(new float[4], b.download(y));
            b.l2Normalize(row(b, ws, 0, 0, 0, 0), 1e-12f, y);
            assertArrayEquals(new float[4], b.download(y));
            b.l2Normalize(row(b, ws, 3e-30f, 4e-30f, 0, 0), 1f, y);
            assertArrayEquals(new float[] {3e-30f, 4e-30f, 0, 0}, b.download(y), 1e-36f);
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void layerNormOfALargeMeanKeepsItsDigits(String name) {
        on(name, (b, ws) -> {
            Tensor y = ws.allocate(DType.F32, 1, 4);
            b.layerNorm(row(b, ws, 4095, 4097, 4095, 4097), 0, y);
            assertArrayEquals(new float[] {-1, 1, -1, 1}, b.download(y), 1e-6f);
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void copiesTruncateAndSaturate(String name) {
        on(name, (b, ws) -> {
            Tensor x = row(b, ws, 2.9f, -2.9f, 3e9f, -3e9f, NAN, 300, -1, 1e30f);
            long max = Integer.MAX_VALUE;
            long min = Integer.MIN_VALUE;
            assertArrayEquals(new long[] {2, -2, max, min, 0, 300, -1, max}, integers(b, ws, x, DType.I32));
            assertArrayEquals(new long[] {2, 0, 255, 0, 0, 255, 0, 255}, integers(b, ws, x, DType.U8));
            assertArrayEquals(
                    new long[] {2, -2, 3_000_000_000L, -3_000_000_000L, 0, 300, -1, Long.MAX_VALUE},
                    integers(b, ws, x, DType.I64));
        });
    }

    private static long[] integers(Backend b, Workspace ws, Tensor x, DType dtype) {
        Tensor y = ws.allocate(dtype, x.shape());
        b.copy(x, y);
        return b.downloadIntegers(y);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void conversionsOfFloatsKeepSpecialValues(String name) {
        on(name, (b, ws) -> {
            Tensor x = row(b, ws, NAN, INF, -INF, -0f, 65504, 1e30f, TINY);
            float[] half = b.download(b.copy(ws, x, DType.F16));
            assertArrayEquals(new float[] {NAN, INF, -INF, -0f, 65504, INF, 0}, half);
            float[] brain = b.download(b.copy(ws, x, DType.BF16));
            assertArrayEquals(
                    new float[] {NAN, INF, -INF, -0f, 65536, Floats.roundBf16(1e30f), Floats.roundBf16(TINY)}, brain);
            assertEquals(TINY, b.download(b.copy(ws, x, DType.F32))[6]);
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void maxPoolingIgnoresPaddingUnderNegativeImages(String name) {
        on(name, (b, ws) -> {
            Tensor x = b.upload(ws, HostTensor.of(new float[] {-3, -2, -5, -9}, 1, 1, 2, 2), DType.F32);
            Tensor y = ws.allocate(DType.F32, 1, 1, 2, 2);
            b.pool2d(x, PoolOp.MAX, 2, 2, 1, y);
            assertArrayEquals(new float[] {-3, -2, -5, -9}, b.download(y));
            b.pool2d(x, PoolOp.AVERAGE, 2, 2, 1, y);
            assertArrayEquals(new float[] {-0.75f, -0.5f, -1.25f, -2.25f}, b.download(y));
        });
    }
}
