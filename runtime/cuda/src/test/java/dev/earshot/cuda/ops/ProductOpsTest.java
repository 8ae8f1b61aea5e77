package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.cuda.ops.BesideReference.Operands;
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
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Products of views that the op table does not have, against the reference. */
class ProductOpsTest {
    private static final double TOLERANCE = 1e-12;

    /** Rounding to bf16 is off by at most 2^-9, so its mean square is far below this. */
    private static final double BF16_TOLERANCE = 1e-5;

    @RegisterExtension
    static final BesideReference BESIDE = new BesideReference(1);

    private static void matchesReference(double tolerance, Function<Operands, Tensor> body) {
        BESIDE.matches(tolerance, s -> new Tensor[] {body.apply(s)});
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
        for (Backend backend : BESIDE.devices()) {
            double[] result = BESIDE.run(backend, s -> {
                Tensor y = s.input(3, 4, 5);
                s.backend().matmul(s.input(3, 4, 0), s.input(3, 0, 5), 2, y);
                return new Tensor[] {y};
            })[0];
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
        BesideReference.Body body = s -> {
            Tensor y = s.memory().allocate(DType.F32, 16, 32);
            s.backend().linear(s.input(16, 64), s.layer(DType.F32, 64, 32), Activation.NONE, y);
            return new Tensor[] {y};
        };
        double[] expected = BESIDE.expected(body)[0];
        for (String name : TestBackends.names().filter(n -> !n.contains("tf32")).toList()) {
            try (Backend backend = Backends.open(name + ":tf32")) {
                double error = Comparison.nmse(expected, BESIDE.run(backend, body)[0]);
                assertTrue(
                        error > 1e-9 && error < 2e-6, "error %.2e".formatted(error)); // bits cut off: 6e-7; bf16: 5e-6
            }
        }
    }

    @Test
    void aCapturedProductFollowsItsInputs() {
        for (Backend backend : BESIDE.devices()) {
            try (Workspace memory = backend.workspace(1 << 20);
                    ParameterScope parameters = backend.parameters()) {
                Operands s = new Operands(backend, memory, parameters, new SplittableRandom(3), 1);
                Linear layer = s.layer(DType.F32, 8, 12);
                Tensor x = s.input(5, 8);
                Tensor y = s.input(5, 12);
                HostTensor start = HostTensor.of(s.values(5, 12), 5, 12);
                HostTensor other = HostTensor.of(s.values(5, 8), 5, 8);
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
