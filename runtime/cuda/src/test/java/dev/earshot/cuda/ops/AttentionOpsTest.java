package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.cuda.ops.BesideReference.Operands;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention at the edges of the kernels' tiles and vector loads, with masks and with shared gradients, against the reference. */
class AttentionOpsTest {
    private static final double TOLERANCE = 1e-11;

    /** Rounding to bf16 is off by at most 2^-9 once per weight and once per result: a mean square of a few 1e-6. */
    private static final double BF16_TOLERANCE = 3e-5;

    private static final float MASKED = Float.NEGATIVE_INFINITY;

    @RegisterExtension
    static final BesideReference BESIDE = new BesideReference(2);

    private static float scale(long width) {
        return (float) (1 / Math.sqrt(width));
    }

    /** The result of an attention of dense operands. */
    private static Tensor attention(
            Operands s, DType dtype, int queries, int keys, int heads, int width, int valueWidth) {
        Tensor q = s.input(dtype, 2, queries, (long) heads * width);
        Tensor k = s.input(dtype, 2, keys, (long) heads * width);
        Tensor v = s.input(dtype, 2, keys, (long) heads * valueWidth);
        Tensor y = s.memory().allocate(DType.F32, 2, queries, (long) heads * valueWidth);
        s.backend().attention(q, k, v, heads, scale(width), y);
        return y;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 31, 32, 33, 64, 65, 80, 81, 96, 127, 128, 130, 257})
    void attentionOfAnyHeadWidthMatchesReference(int width) {
        for (int keys : new int[] {1, 31, 66}) {
            BESIDE.matches(TOLERANCE, s -> new Tensor[] {
                attention(s, DType.F32, 3, keys, 2, width, width), attention(s, DType.F32, 66, keys, 1, width, 5)
            });
            BESIDE.matches(BF16_TOLERANCE, s -> new Tensor[] {
                attention(s, DType.BF16, 3, keys, 2, width, width), attention(s, DType.BF16, 66, keys, 1, width, 5)
            });
        }
    }

    @Test
    void attentionOverThousandsOfKeysMatchesReference() {
        BESIDE.matches(TOLERANCE, s ->
                new Tensor[] {attention(s, DType.F32, 3, 4097, 1, 16, 24), weights(s, 3, 4097, 16)});
        BESIDE.matches(BF16_TOLERANCE, s -> new Tensor[] {attention(s, DType.BF16, 3, 4097, 1, 16, 24)});
    }

    private static Tensor weights(Operands s, int queries, int keys, int width) {
        Tensor y = s.memory().allocate(DType.F32, 1, 2, queries, keys);
        s.backend()
                .attentionWeights(
                        s.columns(DType.F32, 1, 1, queries, 2L * width),
                        s.columns(DType.F32, 1, 1, keys, 2L * width),
                        2,
                        scale(width),
                        y);
        return y;
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 64, 65, 130})
    void attentionWeightsOfAnyHeadWidthMatchReference(int width) {
        BESIDE.matches(TOLERANCE, s -> new Tensor[] {weights(s, 66, 35, width)});
    }

    @ParameterizedTest
    @CsvSource({"F32, 1", "F32, 4", "BF16, 1", "BF16, 4", "BF16, 8"})
    void slicesAtAnyOffsetMatchReference(DType dtype, int skipped) {
        BESIDE.matches(dtype == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> {
            Tensor out = s.columns(dtype, skipped, 2, 70, 80);
            s.backend()
                    .attention(
                            s.columns(dtype, skipped, 2, 70, 80),
                            s.columns(dtype, skipped, 2, 37, 80),
                            s.columns(dtype, skipped, 2, 37, 80),
                            2,
                            0.2f,
                            out);
            return new Tensor[] {s.dense(out)};
        });
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 1, 70", "1, 3, 1", "2, 1, 70", "2, 3, 70"})
    void anAdditiveTermOfAnyBroadcastMatchesReference(long batches, long heads, long queries) {
        for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
            BESIDE.matches(dtype == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> {
                Tensor y = s.memory().allocate(DType.F32, 2, 70, 3 * 16);
                Tensor bias = s.columns(DType.F32, 2, batches, heads, queries, 67);
                Tensor k = s.input(dtype, 2, 67, 3 * 16);
                s.backend().attention(s.input(dtype, 2, 70, 3 * 16), k, k, 3, 0.25f, bias, y);
                return new Tensor[] {y};
            });
        }
    }

    /** Queries 0 to 69 see the keys that {@code visible} tells. */
    private static float[] mask(int queries, int keys, java.util.function.IntBinaryOperator visible) {
        float[] mask = new float[queries * keys];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = visible.applyAsInt(i / keys, i % keys) != 0 ? 0 : MASKED;
        }
        return mask;
    }

    /** All but the last keys hidden: whole tiles of keys without a score come before the first one that counts. */
    @ParameterizedTest
    @ValueSource(strings = {"F32", "BF16"})
    void tilesOfMaskedKeysAreSkipped(DType dtype) {
        BESIDE.matches(dtype == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> {
            Tensor bias = s.upload(DType.F32, mask(5, 140, (i, j) -> j >= 135 - i ? 1 : 0), 1, 1, 5, 140);
            Tensor k = s.input(dtype, 1, 140, 16);
            Tensor y = s.memory().allocate(DType.F32, 1, 5, 16);
            s.backend().attention(s.input(dtype, 1, 5, 16), k, k, 1, 1f, bias, y);
            return new Tensor[] {y};
        });
    }

    /** Only queries that see nothing become NaN, in narrow and wide heads. */
    @ParameterizedTest
    @CsvSource({"F32, 16", "BF16, 16", "F32, 160", "BF16, 160"})
    void aQueryWithoutAnyKeyIsNaN(DType dtype, int width) {
        for (Backend backend : BESIDE.devices()) {
            double[] y = BESIDE.run(backend, s -> {
                Tensor bias = s.upload(DType.F32, mask(5, 40, (i, j) -> i == 3 ? 0 : 1), 1, 1, 5, 40);
                Tensor k = s.input(dtype, 1, 40, width);
                Tensor out = s.memory().allocate(DType.F32, 1, 5, width);
                s.backend().attention(s.input(dtype, 1, 5, width), k, k, 1, 1f, bias, out);
                return new Tensor[] {out};
            })[0];
            for (int i = 0; i < y.length; i++) {
                assertEquals(i / width == 3, Double.isNaN(y[i]), "query " + i / width);
            }
        }
    }

    /** A NaN in a query stays in its row; one in a value is in every row. */
    @ParameterizedTest
    @CsvSource({"F32, 16", "BF16, 16", "F32, 160"})
    void aNaNGoesWhereTheFormulaTakesIt(DType dtype, int width) {
        for (Backend backend : BESIDE.devices()) {
            double[] y = BESIDE.run(backend, s -> {
                float[] values = s.values(1, 40, width);
                values[7 * width + 2] = Float.NaN;
                float[] queries = s.values(1, 5, width);
                queries[3 * width] = Float.NaN;
                Tensor out = s.memory().allocate(DType.F32, 1, 5, width);
                s.backend()
                        .attention(
                                s.upload(dtype, queries, 1, 5, width),
                                s.input(dtype, 1, 40, width),
                                s.upload(dtype, values, 1, 40, width),
                                1,
                                0.1f,
                                out);
                return new Tensor[] {out};
            })[0];
            for (int i = 0; i < y.length; i++) {
                assertEquals(i / width == 3 || i % width == 2, Double.isNaN(y[i]), "element " + i);
            }
        }
    }

    /** Few queries of wide heads, as the latents of an adapter: they have kernels of their own. */
    @ParameterizedTest
    @CsvSource({"F32, 768, 768", "F32, 130, 257", "F32, 3, 201", "F32, 1500, 4", "BF16, 768, 768", "BF16, 136, 250"})
    void fewQueriesOfWideHeadsMatchReference(DType dtype, int width, int valueWidth) {
        BESIDE.matches(dtype == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> {
            Tensor q = s.columns(dtype, 0, 1, 4, 2L * width);
            Tensor k = s.input(dtype, 1, 41, 2L * width);
            Tensor v = s.input(dtype, 1, 41, 2L * valueWidth);
            Tensor y = s.memory().allocate(DType.F32, 1, 4, 2L * valueWidth);
            s.backend().attention(q, k, v, 2, scale(width), s.input(1, 2, 4, 41), y);
            return new Tensor[] {y};
        });
    }

    /** The three gradients of one attention, which start from other numbers than 0. */
    private static Tensor[] gradients(
            Operands s, DType dtype, int queries, int keys, int heads, int width, int valueWidth, boolean biased) {
        Tensor q = s.input(dtype, 2, queries, (long) heads * width);
        Tensor k = s.columns(dtype, 1, 2, keys, (long) heads * width);
        Tensor v = s.input(dtype, 2, keys, (long) heads * valueWidth);
        Tensor gradOut = s.columns(DType.F32, 4, 2, queries, (long) heads * valueWidth);
        Tensor gradQ = s.input(q.shape().toArray());
        Tensor gradK = s.input(k.shape().toArray());
        Tensor gradV = s.input(v.shape().toArray());
        if (biased) {
            Tensor bias = s.upload(DType.F32, mask(queries, keys, (i, j) -> i + j > 0 ? 1 : 0), 1, 1, queries, keys);
            s.backend().training().attentionBackward(q, k, v, heads, scale(width), bias, gradOut, gradQ, gradK, gradV);
        } else {
            s.backend().training().attentionBackward(q, k, v, heads, scale(width), gradOut, gradQ, gradK, gradV);
        }
        return new Tensor[] {gradQ, gradK, gradV};
    }

    /** Forward tensors of type bf16 are read as they are, and all else is F32: the reference rounds more, so 2x its error. */
    @ParameterizedTest
    @CsvSource({"1, 1", "7, 9", "31, 33", "33, 31", "79, 80", "81, 80", "96, 96", "128, 17", "130, 161"})
    void attentionBackwardOfAnyHeadWidthMatchesReference(int width, int valueWidth) {
        BESIDE.matches(TOLERANCE, s -> gradients(s, DType.F32, 33, 35, 2, width, valueWidth, false));
        BESIDE.matches(TOLERANCE, s -> gradients(s, DType.F32, 2, 67, 1, width, valueWidth, true));
        BESIDE.matches(BF16_TOLERANCE, s -> gradients(s, DType.BF16, 33, 3, 1, width, valueWidth, true));
    }

    @Test
    void attentionBackwardOverManyTilesMatchesReference() {
        BESIDE.matches(TOLERANCE, s -> gradients(s, DType.F32, 131, 193, 1, 12, 20, true));
        BESIDE.matches(TOLERANCE, s -> gradients(s, DType.F32, 300, 1, 1, 12, 20, false));
    }

    @Test
    void theFormsOfAttentionBackwardAgree() {
        BESIDE.matches(TOLERANCE, s -> {
            Tensor q = s.input(2, 4, 200);
            Tensor k = s.input(2, 33, 200);
            Tensor gradOut = s.input(2, 4, 200);
            Tensor gradQ = s.input(2, 4, 200);
            s.backend().training().attentionBackward(q, k, k, 1, scale(200), gradOut, gradQ);
            Tensor narrow = s.input(2, 4, 200);
            s.backend().training().attentionBackward(q, k, k, 10, scale(20), gradOut, narrow);
            return new Tensor[] {gradQ, narrow};
        });
    }

    /** One tensor is queries, keys and values at once, and so is its gradient. */
    @ParameterizedTest
    @ValueSource(ints = {16, 84, 140})
    void gradientsThatAreOneTensorAddUp(int width) {
        BESIDE.matches(TOLERANCE, s -> {
            Tensor x = s.input(1, 70, width);
            Tensor grad = s.input(1, 70, width);
            s.backend().training().attentionBackward(x, x, x, 1, scale(width), s.input(1, 70, width), grad, grad, grad);
            return new Tensor[] {grad};
        });
    }

    /** Gradients in columns of one buffer that start at odd places; what lies between them stays. */
    @Test
    void gradientsInOneBufferLeaveTheRestAlone() {
        BESIDE.matches(TOLERANCE, s -> {
            Tensor buffer = s.input(2, 66, 3 * 33 + 7);
            Tensor[] thirds = {buffer.slice(-1, 1, 34), buffer.slice(-1, 37, 70), buffer.slice(-1, 71, 104)};
            Tensor q = s.input(2, 66, 33);
            Tensor k = s.input(2, 66, 33);
            Tensor gradOut = s.input(2, 66, 33);
            s.backend().training().attentionBackward(q, k, k, 3, 0.3f, gradOut, thirds[0], thirds[1], thirds[2]);
            return new Tensor[] {buffer};
        });
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1", "3, 5, 1, 128", "2, 19, 16, 33", "1, 17, 600, 3", "2, 33, 9, 200", "17, 1, 2, 32"})
    void crossModalAttentionOfAnySizesMatchesReference(long batch, long n, long m, long r) {
        BESIDE.matches(TOLERANCE, s -> {
            Tensor u = s.columns(DType.F32, 1, batch, n, r);
            Tensor t = s.columns(DType.F32, 2, batch, m, r);
            Tensor gate = s.upload(DType.F32, new float[] {0.7f}, 1);
            Tensor y = s.memory().allocate(DType.F32, batch, n, r);
            s.backend().crossModalAttention(u, t, gate, scale(r), y);
            Tensor gradU = s.input(batch, n, r);
            Tensor gradT = s.input(batch, m, r);
            Tensor gradGate = s.upload(DType.F32, new float[] {3}, 1);
            Tensor gradOut = s.columns(DType.F32, 1, batch, n, r);
            s.backend().training().crossModalAttentionBackward(u, t, gate, scale(r), gradOut, gradU, gradT, gradGate);
            return new Tensor[] {y, gradU, gradT, gradGate};
        });
    }
}
