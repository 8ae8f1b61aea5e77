package dev.earshot.tensor.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which operands the plain tf32 formulas round, where, and that twice their error still tells tf32 from bf16. */
class PlainTf32FormulaTest {
    /** Neighbours among the tf32 numbers, and an fp32 number between them, a little nearer to the upper one. */
    private static final float LOWER = 1 + 0x1p-10f;

    private static final float UPPER = 1 + 0x1p-9f;
    private static final float BETWEEN = LOWER + 0x1p-11f + 0x1p-23f;

    private interface Body {
        Tensor run(Backend backend, ParameterScope parameters, Workspace memory);
    }

    private static float[] run(Rounding rounding, Body body) {
        try (Backend backend = new ReferenceBackend(rounding);
                ParameterScope parameters = backend.parameters();
                Workspace memory = backend.workspace(0)) {
            return backend.download(body.run(backend, parameters, memory));
        }
    }

    private static Tensor tensor(Backend backend, Workspace memory, float[] values, long... dims) {
        return backend.upload(memory, HostTensor.of(values, dims), DType.F32);
    }

    @Test
    void bothOperandsOfEveryProductAreRoundedAndNothingElseIs() {
        productsRoundTo(UPPER, Rounding.TF32);
        productsRoundTo(LOWER, Rounding.TF32_CUT);
    }

    private static void productsRoundTo(float rounded, Rounding rounding) {
        float[] one = {1};
        float[] expected = {rounded};
        for (float[] pair : new float[][] {{BETWEEN, 1}, {1, BETWEEN}}) {
            float[] left = {pair[0]};
            float[] right = {pair[1]};
            assertArrayEquals(expected, run(rounding, (b, p, m) -> {
                Tensor y = m.allocate(DType.F32, 1, 1);
                b.linear(tensor(b, m, left, 1, 1), p.linear(HostTensor.of(right, 1, 1), DType.F32), Activation.NONE, y);
                return y;
            }));
            assertArrayEquals(expected, run(rounding, (b, p, m) -> {
                Tensor y = m.allocate(DType.F32, 1, 1);
                b.matmul(tensor(b, m, left, 1, 1), tensor(b, m, right, 1, 1), 1, y);
                return y;
            }));
            assertArrayEquals(expected, run(rounding, (b, p, m) -> {
                Tensor y = m.allocate(DType.F32, 1, 1, 1, 1);
                var layer = p.convolution(HostTensor.of(right, 1, 1, 1, 1), ConvolutionOptions.of(1, 0), DType.F32);
                b.conv2d(tensor(b, m, left, 1, 1, 1, 1), layer, y);
                return y;
            }));
            assertArrayEquals(expected, run(rounding, (b, p, m) -> {
                Tensor y = tensor(b, m, new float[1], 1, 1);
                b.training().accumulateMatmul(tensor(b, m, left, 1, 1), tensor(b, m, right, 1, 1), 1, y);
                return y;
            }));
        }
        float[] bias = {BETWEEN};
        assertArrayEquals(new float[] {1 + BETWEEN}, run(rounding, (b, p, m) -> {
            Tensor y = m.allocate(DType.F32, 1, 1);
            var layer = p.linear(HostTensor.of(one, 1, 1), HostTensor.of(bias, 1), DType.F32);
            b.linear(tensor(b, m, one, 1, 1), layer, Activation.NONE, y);
            return y;
        }));
        assertArrayEquals(bias, run(rounding, (b, p, m) -> {
            Tensor y = m.allocate(DType.F32, 1);
            b.affine(tensor(b, m, bias, 1), 1, 0, y);
            return y;
        }));
    }

    @Test
    void whatIsNotFiniteStaysSo() {
        float quiet = Float.intBitsToFloat(0x7f800001); // its mantissa has low bits only
        for (Rounding rounding : Rounding.values()) {
            assertTrue(Double.isNaN(rounding.operand(quiet)));
            assertEquals(Double.NEGATIVE_INFINITY, rounding.operand(Double.NEGATIVE_INFINITY));
        }
    }

    @Test
    void aTieGoesToTheEvenNumber() {
        assertEquals(UPPER, Rounding.TF32.operand(LOWER + 0x1p-11f));
        assertEquals(UPPER, Rounding.TF32.operand(UPPER + 0x1p-11f));
        assertEquals(-UPPER, Rounding.TF32.operand(-UPPER - 0x1p-11f));
    }

    @Test
    void bf16OperandsAreFurtherOffThanTheRuleAllows() {
        SplittableRandom random = new SplittableRandom(7);
        float[] x = floats(random, 16 * 64);
        float[] weight = floats(random, 32 * 64);
        float[] exact = linear(Rounding.NONE, DType.F32, x, weight);
        double nearest = error(exact, linear(Rounding.TF32, DType.F32, x, weight));
        double tf32 = Math.max(nearest, error(exact, linear(Rounding.TF32_CUT, DType.F32, x, weight)));
        double bf16 = error(exact, linear(Rounding.NONE, DType.BF16, x, weight));
        assertTrue(nearest > 0 && bf16 > 2 * tf32, "tf32 %.2e, bf16 %.2e".formatted(tf32, bf16));
    }

    private static float[] linear(Rounding rounding, DType compute, float[] x, float[] weight) {
        return run(rounding, (b, p, m) -> {
            Tensor y = m.allocate(DType.F32, 16, 32);
            Tensor input = b.upload(m, HostTensor.of(x, 16, 64), compute);
            b.linear(input, p.linear(HostTensor.of(weight, 32, 64), compute), Activation.NONE, y);
            return y;
        });
    }

    private static float[] floats(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    private static double error(float[] expected, float[] actual) {
        return Math.sqrt(IntStream.range(0, expected.length)
                .mapToDouble(i -> (double) expected[i] - actual[i])
                .map(d -> d * d)
                .sum());
    }
}
