package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Products of views that the op table does not have, against the reference. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProductOpsTest {
    private static final double TOLERANCE = 1e-12;

    /** Rounding to bf16 is off by at most 2^-9, so its mean square is far below this. */
    private static final double BF16_TOLERANCE = 1e-5;

    private List<Backend> backends;
    private Backend truth;

    @BeforeAll
    void open() {
        backends = TestBackends.open();
        truth = new ReferenceBackend();
    }

    @AfterAll
    void close() {
        if (backends != null) {
            backends.forEach(Backend::close);
            truth.close();
        }
    }

    /** Makes the same operands on every backend. */
    private record Setup(Backend backend, Workspace memory, ParameterScope parameters, SplittableRandom random) {
        Tensor input(DType dtype, long... shape) {
            Tensor x = memory.allocate(dtype, shape);
            backend.upload(values(shape), x);
            return x;
        }

        Tensor input(long... shape) {
            return input(DType.F32, shape);
        }

        Linear layer(DType compute, long in, long out) {
            return parameters.linear(values(out, in), values(out), compute);
        }

        HostTensor values(long... shape) {
            float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextDouble(-1, 1);
            }
            return HostTensor.of(values, shape);
        }
    }

    @FunctionalInterface
    private interface Body {
        /** Runs ops and returns their result. */
        Tensor run(Setup setup);
    }

    private static double[] run(Backend backend, Body body) {
        try (Workspace memory = backend.workspace(1 << 20);
                ParameterScope parameters = backend.parameters()) {
            float[] result =
                    backend.download(body.run(new Setup(backend, memory, parameters, new SplittableRandom(7))));
            return IntStream.range(0, result.length).mapToDouble(i -> result[i]).toArray();
        }
    }

    private void matchesReference(double tolerance, Body body) {
        double[] expected = run(truth, body);
        assertTrue(Comparison.zeros(expected) < 0.9);
        for (Backend backend : backends) {
            double error = Comparison.nmse(expected, run(backend, body));
            assertTrue(
                    error <= tolerance,
                    "%s: error %.2e".formatted(backend.info().name(), error));
        }
    }

    @Test
    void linearOfTokensWithoutTheFirstMatchesReference() {
        matchesReference(TOLERANCE, s -> {
            Tensor y = s.memory().allocate(DType.F32, 3, 4, 9);
            s.backend().linear(s.input(3, 5, 7).slice(1, 1, 5), s.layer(DType.F32, 7, 9), Activation.GELU, y);
            return y;
        });
    }

    @Test
    void linearOfExchangedLeadingAxesMatchesReference() {
        matchesReference(TOLERANCE, s -> {
            Tensor x = s.input(2, 3, 4, 5, 6).transpose(0, 2).transpose(1, 3);
            Tensor y = s.memory()
                    .allocate(DType.F32, 2, 4, 5, 3, 8)
                    .transpose(0, 1)
                    .transpose(1, 2);
            s.backend().linear(x, s.layer(DType.F32, 6, 8), Activation.RELU, y);
            return y;
        });
    }

    @Test
    void linearOfARepeatedRowMatchesReference() {
        matchesReference(TOLERANCE, s -> {
            Tensor y = s.memory().allocate(DType.F32, 4, 3, 5);
            s.backend().linear(s.input(4, 1, 7).broadcast(4, 3, 7), s.layer(DType.F32, 7, 5), Activation.NONE, y);
            return y;
        });
    }

    @Test
    void linearAddsAResidualThatIsRepeatedOverTheBatch() {
        for (Activation activation : Activation.values()) {
            matchesReference(TOLERANCE, s -> {
                Tensor y = s.memory().allocate(DType.F32, 3, 4, 5);
                Tensor residual = s.input(4, 5).broadcast(3, 4, 5);
                s.backend().linear(s.input(3, 4, 7), s.layer(DType.F32, 7, 5), activation, residual, y);
                return y;
            });
        }
    }

    @Test
    void linearAddsAResidualWithStridesOfItsOwn() {
        for (DType compute : List.of(DType.F32, DType.BF16)) {
            matchesReference(compute == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> {
                Tensor y = s.memory().allocate(DType.F32, 3, 4, 16);
                Tensor residual = s.input(4, 3, 24).transpose(0, 1).slice(-1, 3, 19);
                Tensor x = s.input(compute, 3, 4, 8);
                s.backend().linear(x, s.layer(compute, 8, 16), Activation.NONE, residual, y);
                return y;
            });
        }
    }

    @Test
    void linearWithoutInputsIsItsBias() {
        for (DType result : List.of(DType.F32, DType.BF16)) {
            matchesReference(result == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> {
                Tensor y = s.memory().allocate(result, 2, 3, 5);
                s.backend().linear(s.input(2, 3, 0), s.layer(DType.F32, 0, 5), Activation.GELU, y);
                return y;
            });
        }
        matchesReference(TOLERANCE, s -> {
            Tensor y = s.input(2, 3, 5);
            s.backend().linear(s.input(2, 3, 0), s.layer(DType.F32, 0, 5), Activation.QUICK_GELU, y, y);
            return y;
        });
    }

    @Test
    void aLinearLayerThatComputesInF32StoresBf16() {
        for (Activation activation : Activation.values()) {
            matchesReference(BF16_TOLERANCE, s -> {
                Tensor y = s.memory().allocate(DType.BF16, 5, 29).slice(-1, 1, 24);
                s.backend().linear(s.input(5, 7), s.layer(DType.F32, 7, 23), activation, y);
                return y;
            });
        }
    }

    @Test
    void linearWithoutFusedEpiloguesMatchesReference() {
        assumeTrue(TestBackends.names().allMatch(name -> name.startsWith("simcuda")), "a real library has them");
        SimulatedEpilogues.refuse(true);
        try {
            for (Activation activation : Activation.values()) {
                for (DType compute : List.of(DType.F32, DType.BF16)) {
                    double tolerance = compute == DType.F32 ? TOLERANCE : BF16_TOLERANCE;
                    matchesReference(tolerance, s -> {
                        Tensor y = s.memory().allocate(compute, 3, 6, 17);
                        s.backend().linear(s.input(compute, 3, 6, 8), s.layer(compute, 8, 17), activation, y);
                        return y;
                    });
                    matchesReference(tolerance, s -> {
                        Tensor y = s.input(3, 6, 17);
                        s.backend().linear(s.input(compute, 3, 6, 8), s.layer(compute, 8, 17), activation, y, y);
                        return y;
                    });
                }
            }
        } finally {
            SimulatedEpilogues.refuse(false);
        }
    }

    @Test
    void linearBackwardOfStridedGradientsMatchesReference() {
        matchesReference(TOLERANCE, s -> {
            Tensor gradX = s.input(3, 5, 9).slice(1, 1, 5).slice(-1, 2, 9);
            Tensor gradOut = s.input(4, 3, 11).transpose(0, 1);
            s.backend().training().linearBackward(gradOut, s.layer(DType.F32, 7, 11), gradX);
            return gradX;
        });
    }

    @Test
    void matmulRepeatsTheRightOperandOverOuterAndInnerAxes() {
        for (long[] right : new long[][] {{1, 3, 6, 5}, {2, 1, 6, 5}, {1, 1, 6, 5}}) {
            matchesReference(TOLERANCE, s -> {
                Tensor y = s.memory().allocate(DType.F32, 2, 3, 4, 5);
                s.backend().matmul(s.input(2, 3, 4, 6), s.input(right), -0.5f, y);
                return y;
            });
        }
    }

    @Test
    void matmulOfHeadsInAJointBufferMatchesReference() {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            matchesReference(dtype == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> {
                Tensor joint = s.input(dtype, 2, 7, 3, 3, 8); // batch, tokens, q k v, heads, head width
                Tensor q = joint.select(2, 0).transpose(1, 2);
                Tensor k = joint.select(2, 1).transpose(1, 2);
                Tensor y = s.memory().allocate(DType.F32, 2, 3, 7, 7);
                s.backend().matmul(q, k.transpose(-1, -2), 0.25f, y);
                return y;
            });
        }
    }

    @Test
    void matmulOfNothingIsZero() {
        for (Backend backend : backends) {
            double[] result = run(backend, s -> {
                Tensor y = s.input(3, 4, 5);
                s.backend().matmul(s.input(3, 4, 0), s.input(3, 0, 5), 2, y);
                return y;
            });
            assertArrayEquals(new double[60], result);
        }
    }

    @Test
    void accumulateMatmulTakesAnyResult() {
        matchesReference(TOLERANCE, s -> {
            Tensor out = s.input(3, 5, 4).transpose(-1, -2);
            s.backend().training().accumulateMatmul(s.input(3, 4, 6), s.input(3, 6, 5), 2, out);
            return out;
        });
        matchesReference(TOLERANCE, s -> {
            Tensor out = s.input(3, 4, 5, 2).select(-1, 1);
            s.backend().training().accumulateMatmul(s.input(3, 4, 6), s.input(3, 6, 5), 2, out);
            return out;
        });
    }

    @Test
    void accumulateMatmulSumsOuterAndInnerAxes() {
        for (long[] result : new long[][] {{1, 3, 4, 5}, {2, 1, 4, 5}, {1, 1, 4, 5}}) {
            for (boolean single : new boolean[] {false, true}) {
                matchesReference(TOLERANCE, s -> {
                    Tensor out = s.input(result);
                    Tensor a = s.input(2, 3, 6, 4).transpose(-1, -2);
                    Tensor b = single ? s.input(2, 1, 6, 5) : s.input(2, 3, 6, 5);
                    s.backend().training().accumulateMatmul(a, b, 0.5f, out);
                    return out;
                });
            }
        }
    }

    @Test
    void accumulateMatmulMixesTypes() {
        matchesReference(TOLERANCE, s -> {
            Tensor out = s.input(3, 4, 5);
            s.backend().training().accumulateMatmul(s.input(DType.BF16, 3, 4, 6), s.input(3, 6, 5), 1, out);
            return out;
        });
    }

    @Test
    void tf32ProductsAreOffByAsMuchAsTheirMantissa() {
        Body body = s -> {
            Tensor y = s.memory().allocate(DType.F32, 16, 32);
            s.backend().linear(s.input(16, 64), s.layer(DType.F32, 64, 32), Activation.NONE, y);
            return y;
        };
        double[] expected = run(truth, body);
        for (String name : TestBackends.names().filter(n -> !n.contains("tf32")).toList()) {
            try (Backend backend = Backends.open(name + ":tf32")) {
                double error = Comparison.nmse(expected, run(backend, body));
                assertTrue(
                        error > 1e-9 && error < 2e-6, "error %.2e".formatted(error)); // bits cut off: 6e-7; bf16: 5e-6
            }
        }
    }

    @Test
    void aCapturedProductFollowsItsInputs() {
        for (Backend backend : backends) {
            try (Workspace memory = backend.workspace(1 << 20);
                    ParameterScope parameters = backend.parameters()) {
                Setup s = new Setup(backend, memory, parameters, new SplittableRandom(3));
                Linear layer = s.layer(DType.F32, 8, 12);
                Tensor x = s.input(5, 8);
                Tensor y = s.input(5, 12);
                HostTensor start = s.values(5, 12);
                HostTensor other = s.values(5, 8);
                Consumer<Backend> step = b -> {
                    b.linear(x, layer, Activation.GELU, y, y);
                    b.training().accumulateMatmul(x.slice(-1, 0, 5), x, 0.5f, y.slice(-1, 2, 10));
                };
                try (Program program = backend.capture(step)) {
                    backend.upload(other, x);
                    backend.upload(start, y);
                    program.run();
                    float[] replayed = backend.download(y);
                    backend.upload(start, y);
                    step.accept(backend);
                    assertArrayEquals(backend.download(y), replayed);
                    assertEquals(60, replayed.length);
                }
            }
        }
    }
}
