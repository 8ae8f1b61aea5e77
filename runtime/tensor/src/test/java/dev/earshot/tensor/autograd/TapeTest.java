package dev.earshot.tensor.autograd;

import static dev.earshot.tensor.autograd.TapeCases.gaussian;
import static dev.earshot.tensor.autograd.TapeCases.input;
import static dev.earshot.tensor.autograd.TapeCases.weighedSum;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.TestBackends;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** The tape's bookkeeping, on every backend: views, memory that is overwritten or given back, frozen inputs, replay. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TapeTest {
    private final List<Backend> backends = new ArrayList<>();

    @BeforeAll
    void open() {
        backends.addAll(TestBackends.open());
    }

    @AfterAll
    void close() {
        backends.forEach(Backend::close);
    }

    @TestFactory
    List<DynamicTest> gradientsMatchDifferences() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Backend backend : backends) {
            TapeCases.cases()
                    .forEach((name, each) -> tests.add(dynamicTest(
                            name + " on " + backend.info().name(),
                            () -> GradientCheck.check(backend, each.computation(), each.shapes()))));
        }
        return tests;
    }

    /** A frozen two-layer network with a trained scale before each layer, as adapters sit in a trunk. */
    private static final class Network {
        private final Linear fc1;
        private final Linear fc2;

        Network(ParameterScope scope, DType compute) {
            fc1 = scope.linear(HostTensor.of(weights(1, 8 * 6), 8, 6), HostTensor.of(gaussian(2, 8), 8), compute);
            fc2 = scope.linear(HostTensor.of(weights(3, 6 * 8), 6, 8), HostTensor.of(gaussian(4, 6), 6), compute);
        }

        private static float[] weights(long seed, int count) {
            float[] values = gaussian(seed, count);
            for (int i = 0; i < count; i++) {
                values[i] *= 0.3f;
            }
            return values;
        }

        Tensor loss(Backend b, Workspace ws, List<Tensor> p) {
            Tensor x = input(b, ws, 5, 3, 6);
            for (int block = 0; block < 3; block++) {
                int scale = block - 1;
                b.checkpoint(x, backend -> block(backend, ws, x, scale < 0 ? List.of() : List.of(p.get(scale))));
            }
            return weighedSum(b, ws, x);
        }

        private void block(Backend b, Workspace ws, Tensor x, List<Tensor> scale) {
            try (Workspace.Frame _ = ws.frame()) {
                Tensor scaled = b.copy(ws, x, DType.F32);
                scale.forEach(s -> b.binary(BinaryOp.MULTIPLY, scaled, s, scaled));
                Tensor hidden = b.linear(ws, b.copy(ws, scaled, fc1.computeType()), fc1, Activation.GELU);
                b.linear(hidden, fc2, Activation.NONE, x, x);
            }
        }
    }

    private void eachBackend(Consumer<Backend> test) {
        backends.forEach(test);
    }

    private static void withNetwork(Backend backend, DType compute, BiConsumer<Network, List<float[]>> test) {
        try (ParameterScope scope = backend.parameters()) {
            test.accept(new Network(scope, compute), List.of(gaussian(11, 6), gaussian(12, 6)));
        }
    }

    private static final long[][] SCALES = {{6}, {6}};

    @Test
    void gradientsGoThroughFrozenLayers() {
        eachBackend(b -> withNetwork(b, DType.F32, (network, values) -> GradientCheck.check(b, network::loss, SCALES)));
    }

    @Test
    void gradientsThroughBf16LayersAreNearThoseOfF32() {
        eachBackend(b -> withNetwork(
                b,
                DType.F32,
                (exact, values) -> withNetwork(b, DType.BF16, (rounded, _) -> {
                    List<float[]> expected = GradientCheck.gradients(b, exact::loss, values, SCALES, false);
                    List<float[]> actual = GradientCheck.gradients(b, rounded::loss, values, SCALES, false);
                    for (int p = 0; p < 2; p++) {
                        double error = 0;
                        double size = 0;
                        for (int i = 0; i < 6; i++) {
                            error += Math.pow(expected.get(p)[i] - actual.get(p)[i], 2);
                            size += Math.pow(expected.get(p)[i], 2);
                        }
                        assertTrue(Math.sqrt(error / size) < 0.03, "relative error " + Math.sqrt(error / size));
                    }
                })));
    }

    @Test
    void recomputingASegmentGivesTheSameBits() {
        eachBackend(b -> withNetwork(b, DType.F32, (network, values) -> {
            List<float[]> kept = GradientCheck.gradients(b, network::loss, values, SCALES, false);
            List<float[]> recomputed = GradientCheck.gradients(b, network::loss, values, SCALES, true);
            for (int p = 0; p < 2; p++) {
                assertArrayEquals(kept.get(p), recomputed.get(p));
            }
        }));
    }

    @Test
    void gradientsOfEverChangingSizesTakeABoundedAmountOfMemory() {
        int largest = 2500;
        eachBackend(b -> {
            try (Workspace ws = b.workspace(1 << 16);
                    Tape tape = new Tape(b)) {
                Tensor p = b.upload(ws, HostTensor.of(new float[] {3}, 1), DType.F32);
                Tensor gradient = ws.allocate(DType.F32, 1);
                tape.watch(p, gradient);
                for (int size = 1000; size <= largest; size++) {
                    try (Workspace.Frame _ = ws.frame()) {
                        tape.reset();
                        Tensor x = tape.copy(ws, p.broadcast(size), DType.F32);
                        Tensor ones = ws.allocate(DType.F32, size);
                        b.training().fill(ones, 1);
                        tape.zeroGradients();
                        tape.backward(x, ones);
                        assertArrayEquals(new float[] {size}, b.download(gradient));
                    }
                }
                // 256 sizes and the next, in memory that grows by doubling; all 1,501 would be 10 MB.
                long most = 2 * 257 * 4L * (largest + 16);
                assertTrue(tape.gradientBytes() <= most, tape.gradientBytes() + " bytes");
            }
        });
    }

    @Test
    void aReplayedStepGivesTheSameBits() {
        eachBackend(b -> withNetwork(b, DType.F32, (network, values) -> {
            List<float[]> expected = GradientCheck.gradients(b, network::loss, values, SCALES, false);
            try (ParameterScope scope = b.parameters();
                    Workspace ws = b.workspace(0);
                    Tape tape = new Tape(b)) {
                List<Tensor> parameters = new ArrayList<>();
                List<Tensor> gradients = new ArrayList<>();
                for (float[] value : values) {
                    parameters.add(scope.tensor(HostTensor.of(value, 6), DType.F32));
                    gradients.add(scope.tensor(HostTensor.of(new float[6], 6), DType.F32));
                    tape.watch(parameters.getLast(), gradients.getLast());
                }
                Tensor x = input(b, ws, 5, 3, 6);
                try (Program step = b.capture(_ -> {
                    tape.reset();
                    Tensor stream = tape.copy(ws, x, DType.F32);
                    for (int block = 0; block < 3; block++) {
                        network.block(tape, ws, stream, block == 0 ? List.of() : List.of(parameters.get(block - 1)));
                    }
                    Tensor ones = ws.allocate(DType.F32, stream.shape());
                    b.training().fill(ones, 1);
                    tape.zeroGradients();
                    tape.backward(stream, ones);
                })) {
                    List<float[]> first = gradients.stream().map(b::download).toList();
                    step.run();
                    step.run();
                    for (int p = 0; p < 2; p++) {
                        assertArrayEquals(first.get(p), b.download(gradients.get(p)));
                        assertEquals(expected.get(p).length, first.get(p).length);
                    }
                }
            }
        }));
    }

    @Test
    void frozenOpsLeaveNoTrace() {
        eachBackend(b -> withNetwork(b, DType.F32, (network, _) -> {
            try (Workspace ws = b.workspace(0);
                    Tape tape = new Tape(b)) {
                Tensor x = input(tape, ws, 5, 3, 6);
                network.block(tape, ws, x, List.of());
                assertEquals(0, tape.savedBytes());
                IllegalStateException error = assertThrows(IllegalStateException.class, () -> tape.backward(x, x));
                assertTrue(error.getMessage().contains("does not depend on anything watched"), error.getMessage());
            }
        }));
    }

    @Test
    void misuseIsNamed() {
        eachBackend(b -> {
            try (ParameterScope scope = b.parameters();
                    Workspace ws = b.workspace(0);
                    Tape tape = new Tape(b)) {
                Tensor p = scope.tensor(HostTensor.of(new float[6], 2, 3), DType.F32);
                Tensor gradient = scope.tensor(HostTensor.of(new float[6], 2, 3), DType.F32);
                assertThrows(IllegalArgumentException.class, () -> tape.watch(p, gradient.reshape(3, 2)));
                assertThrows(
                        IllegalArgumentException.class, () -> tape.watch(p.slice(0, 1, 2), gradient.slice(0, 1, 2)));
                tape.watch(p, gradient);
                assertThrows(IllegalStateException.class, () -> tape.affine(p, 1, 1, p));
                assertThrows(IllegalStateException.class, () -> tape.capture(_ -> {}));
                assertThrows(IllegalArgumentException.class, () -> tape.backward(p));
                Tensor max = ws.allocate(DType.F32, 2, 3);
                assertThrows(IllegalStateException.class, () -> tape.binary(BinaryOp.MAX, p, p, max));
                assertThrows(
                        IllegalStateException.class,
                        () -> tape.pool2d(
                                p.reshape(1, 1, 2, 3),
                                dev.earshot.tensor.PoolOp.MAX,
                                1,
                                1,
                                0,
                                ws.allocate(DType.F32, 1, 1, 2, 3)));
            }
        });
    }
}
