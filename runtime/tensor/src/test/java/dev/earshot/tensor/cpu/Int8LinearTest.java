package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.earshot.bindings.NativeLibraries;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** Dynamic int8 linear layers: against the scalar definition, against F32, and as a property of the backend. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Int8LinearTest {
    private static final long SEED = 20261121;

    /** Both sides have the same integers and scales; GELU and QuickGELU of the CPU err by 1e-6 at most. */
    private static final double TOLERANCE = 2e-12;

    /**
     * Of normal numbers, 7-bit weights give a relative error of 1.7 % (64 levels for 4 standard deviations) and 8-bit rows 0.9
     * %: 4e-4 squared, with a factor of 2 for the narrow rows, whose largest weight varies.
     */
    private static final double NMSE_AGAINST_F32 = 8e-4;

    private DynamicInt8 rule;
    private CpuBackend cpu;
    private CpuBackend alone;
    private Backend exact;
    private Backend f32;

    @BeforeAll
    void open() {
        NativeLibraries.loadOneDnn();
        rule = new DynamicInt8(Isa.effective().int8WeightLevels(), 1);
        cpu = new CpuBackend(2, Optional.of(rule));
        alone = new CpuBackend(1, Optional.of(rule));
        exact = new ReferenceBackend(rule);
        f32 = new ReferenceBackend();
    }

    @AfterAll
    void close() {
        for (Backend backend : List.of(cpu, alone, exact, f32)) {
            backend.close();
        }
    }

    private static List<OpCase> rows() {
        return OpCases.all().stream()
                .filter(row -> row.op().equals("linear") && row.precision() == DType.F32)
                .filter(row -> row.scale() != OpCase.Scale.BENCH)
                .toList();
    }

    @TestFactory
    List<DynamicTest> rowsOfTheOpTableMatchTheReference() {
        List<DynamicTest> tests = new ArrayList<>();
        for (OpCase row : rows()) {
            tests.add(dynamicTest(row.toString(), () -> check(row)));
        }
        return tests;
    }

    private void check(OpCase row) {
        try (OpRun run = row.open(cpu, SEED);
                OpRun single = row.open(alone, SEED);
                OpRun definition = row.open(exact, SEED);
                OpRun truth = row.open(f32, SEED)) {
            double[] result = run.run()[0];
            assertArrayEquals(result, run.run()[0], "bits of a second run");
            assertArrayEquals(result, run.runCaptured()[0], "bits of a captured run");
            assertArrayEquals(result, single.run()[0], "bits of one thread");
            assertEquals(0, run.strayWrites(), "elements written beside the result");
            double error = Comparison.nmse(definition.run()[0], result);
            assertTrue(error <= TOLERANCE, "normalised mean squared error %.3g".formatted(error));
            double loss = Comparison.nmse(truth.run()[0], result);
            assertTrue(loss <= NMSE_AGAINST_F32, "against F32 %.3g".formatted(loss));
            assertTrue(loss > 0 || result.length < 100, "no trace of a quantisation");
        }
    }

    /** y of a layer on a backend. */
    private static float[] linear(Backend backend, float[] x, int rows, float[] weight, int out, float[] bias) {
        int in = weight.length / out;
        try (ParameterScope scope = backend.parameters();
                Workspace workspace = backend.workspace(0)) {
            Linear layer = scope.linear(HostTensor.of(weight, out, in), HostTensor.of(bias, out), DType.F32);
            Tensor input = workspace.allocate(DType.F32, rows, in);
            Tensor y = workspace.allocate(DType.F32, rows, out);
            backend.upload(HostTensor.of(x, rows, in), input);
            backend.linear(input, layer, Activation.NONE, y);
            return backend.download(y);
        }
    }

    private static float[] normal(long seed, int n) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private void sameBits(float[] x, int rows, float[] weight, int out) {
        float[] bias = normal(3, out);
        assertArrayEquals(linear(exact, x, rows, weight, out, bias), linear(cpu, x, rows, weight, out, bias));
    }

    @Test
    void extremeProductsDoNotSaturate() {
        int in = 771;
        float[] x = new float[2 * in];
        Arrays.fill(x, 0, in, 1);
        Arrays.fill(x, in, 2 * in, -1);
        float[] weight = new float[130 * in];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = i / in % 2 == 0 ? 3 : -3;
        }
        float[] y = linear(cpu, x, 2, weight, 130, new float[130]);
        for (int i = 0; i < y.length; i++) {
            float expected = (i < 130 ? 1 : -1) * (i % 2 == 0 ? 3f : -3f) * in;
            assertEquals(expected, y[i], Math.abs(expected) * 1e-6f);
        }
    }

    @Test
    void rowsOfZerosGiveTheBias() {
        float[] x = normal(1, 3 * 40);
        Arrays.fill(x, 40, 80, 0);
        float[] bias = normal(2, 24);
        float[] y = linear(cpu, x, 3, normal(5, 24 * 40), 24, bias);
        assertArrayEquals(bias, Arrays.copyOfRange(y, 24, 48));
    }

    @Test
    void hugeOutliersAndTinyRowsMatchTheDefinition() {
        float[] x = normal(1, 6 * 65);
        x[3] = 3e38f;
        x[7] = -3e38f;
        x[65] = 1e20f;
        x[2 * 65] = -1000;
        scale(x, 3 * 65, 65, 1e-30f);
        scale(x, 4 * 65, 65, 1e-42f); // below the normal numbers: counts as zeros
        float[] weight = normal(2, 33 * 65);
        scale(weight, 0, 65, 0);
        scale(weight, 65, 65, 1e-41f);
        scale(weight, 2 * 65, 65, 1e30f);
        sameBits(x, 6, weight, 33);
    }

    private static void scale(float[] values, int from, int n, float factor) {
        for (int i = from; i < from + n; i++) {
            values[i] *= factor;
        }
    }

    @Test
    void rowsOfOneSignKeepZeroExact() {
        float[] x = normal(1, 2 * 97);
        for (int i = 0; i < 97; i++) {
            x[i] = Math.abs(x[i]) + 5;
            x[97 + i] = -Math.abs(x[97 + i]);
        }
        sameBits(x, 2, normal(2, 31 * 97), 31);
    }

    @Test
    void aValueThatIsNotFiniteSpoilsItsRowOrChannelOnly() {
        int in = 64;
        float[] x = normal(1, 4 * in);
        x[5] = Float.NaN;
        x[in + 9] = Float.POSITIVE_INFINITY;
        x[2 * in + 1] = Float.NEGATIVE_INFINITY;
        float[] weight = normal(2, 20 * in);
        weight[3 * in + 8] = Float.NaN;
        weight[4 * in + 8] = Float.NEGATIVE_INFINITY;
        float[] y = linear(cpu, x, 4, weight, 20, new float[20]);
        for (int i = 0; i < y.length; i++) {
            boolean spoilt = i < 60 || i % 20 == 3 || i % 20 == 4;
            assertEquals(spoilt, Float.isNaN(y[i]), "element " + i);
        }
        sameBits(x, 4, weight, 20);
    }

    @Test
    void narrowAndBf16LayersStayAsTheyAre() {
        try (Backend backend = Backends.open("cpu:2:int8");
                Backend plain = Backends.open("cpu:2");
                ParameterScope scope = backend.parameters()) {
            int narrow = Math.toIntExact(DynamicInt8.DEFAULT_NARROWEST) - 1;
            float[] x = normal(1, 5 * narrow);
            float[] weight = normal(2, narrow * narrow);
            float[] bias = normal(3, narrow);
            assertArrayEquals(linear(plain, x, 5, weight, narrow, bias), linear(backend, x, 5, weight, narrow, bias));
            HostTensor wide = HostTensor.of(normal(2, 256 * 256), 256, 256);
            assertEquals(
                    "linear bf16 [256, 256]",
                    scope.linear(wide, DType.BF16).toString().toLowerCase());
            assertEquals("linear int8 [256, 256]", scope.linear(wide, DType.F32).toString());
        }
    }

    @Test
    void weightsTakeAQuarterOfTheMemory() {
        HostTensor weight = HostTensor.of(normal(2, 512 * 768), 512, 768);
        Function<Backend, Long> bytes = backend -> {
            try (ParameterScope scope = backend.parameters()) {
                scope.linear(weight, DType.F32);
                return scope.bytes();
            }
        };
        try (Backend plain = new CpuBackend(2)) {
            long expected = bytes.apply(plain) / 4 + 3 * 4 * 512; // scales, sums and biases
            assertEquals(expected, bytes.apply(cpu));
        }
    }

    @Test
    void gradientsThroughInt8AreRefused() {
        for (Backend backend : List.of(cpu, exact)) {
            try (ParameterScope scope = backend.parameters();
                    Workspace workspace = backend.workspace(0)) {
                Linear layer = scope.linear(HostTensor.of(normal(1, 12), 3, 4), DType.F32);
                Tensor gradient = workspace.allocate(DType.F32, 2, 3);
                Tensor sum = workspace.allocate(DType.F32, 2, 4);
                String message = assertThrows(
                                IllegalArgumentException.class,
                                () -> backend.training().linearBackward(gradient, layer, sum))
                        .getMessage();
                assertTrue(message.contains("train on a backend without int8"), message);
            }
        }
    }

    @Test
    void replayingAllocatesNothing() {
        var bean = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        try (ParameterScope scope = alone.parameters();
                Workspace workspace = alone.workspace(0)) {
            Linear layer = scope.linear(HostTensor.of(normal(1, 200 * 300), 200, 300), DType.F32);
            Tensor x = workspace.allocate(DType.F32, 70, 300);
            Tensor y = workspace.allocate(DType.F32, 70, 200);
            alone.upload(HostTensor.of(normal(2, 70 * 300), 70, 300), x);
            try (Program program = alone.capture(b -> b.linear(x, layer, Activation.GELU, y))) {
                for (int i = 0; i < 50; i++) {
                    program.run();
                }
                long before = bean.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 50; i++) {
                    program.run();
                }
                assertTrue(bean.getCurrentThreadAllocatedBytes() - before < 50 * 16, "bytes allocated by 50 runs");
            }
        }
    }

    @Test
    void noPrimitiveIsAReferenceOne() {
        linear(cpu, normal(1, 40 * 256), 40, normal(2, 256 * 256), 256, new float[256]);
        List<String> slow = cpu.implementations().stream()
                .filter(line -> line.startsWith("ref") || line.startsWith("simple"))
                .toList();
        assertEquals(List.of(), slow);
    }

    @Test
    void namesThatAreNotDevicesAreRefused() {
        for (String name : List.of("cpu:int9", "cpu:int8:2", "cpu:0:int8", "cpu:2:", "cpu::int8", "cpu:2int8")) {
            assertThrows(IllegalArgumentException.class, () -> Backends.open(name), name);
        }
    }
}
