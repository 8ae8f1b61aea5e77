package dev.earshot.tensor.cases;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.reference.Rounding;
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Every row of the op table on every backend that can run here. {@code -Dearshot.case=TEXT} runs the rows whose name
 * contains the text; each failure prints its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpCasesTest {
    private static final long SEED = 20261121;

    /** A result may always differ from the truth by fp32 rounding, however lucky the plain formula was. */
    private static final double FP32_FLOOR = 1e-6;

    private static final double MOST_ZEROS = 0.9;
    private static final int FEW = 16;

    /** Largest row of a model's size that is run; {@code -Dearshot.test.flops} lowers it for a slow device. */
    private static final double MOST_FLOPS = Double.parseDouble(System.getProperty("earshot.test.flops", "Infinity"));

    /** Every how manieth row is run, and the first of them: {@code -Dearshot.test.part=2/4} for processes side by side. */
    private static final int PART;

    private static final int PARTS;

    static {
        String[] part = System.getProperty("earshot.test.part", "1/1").split("/");
        PART = Integer.parseInt(part[0]);
        PARTS = Integer.parseInt(part[1]);
    }

    private static final Set<String> F32_ONLY = Set.of(
            "crossModalAttention",
            "crossModalAttentionBackward",
            "adam",
            "cosineKMeans",
            "mergeTopK",
            "measureMasks",
            "maskBits");

    private final List<Backend> backends = new ArrayList<>();
    private Backend truth;
    private Backend plain;
    private Backend plainTf32;
    private Backend cutTf32;

    @BeforeAll
    void open() {
        truth = new ReferenceBackend();
        plain = new ReferenceBackend(Rounding.BF16);
        plainTf32 = new ReferenceBackend(Rounding.TF32);
        cutTf32 = new ReferenceBackend(Rounding.TF32_CUT);
        backends.addAll(TestBackends.open());
    }

    @AfterAll
    void close() {
        backends.forEach(Backend::close);
        truth.close();
        plain.close();
        plainTf32.close();
        cutTf32.close();
    }

    private static List<OpCase> rows() {
        String filter = System.getProperty("earshot.case");
        List<OpCase> rows = filter == null ? OpCases.all() : OpCases.matching(filter);
        return IntStream.range(0, rows.size())
                .filter(i -> i % PARTS == PART - 1)
                .mapToObj(rows::get)
                .toList();
    }

    @TestFactory
    List<DynamicTest> rowsOnEveryBackend() {
        List<DynamicTest> tests = new ArrayList<>();
        for (OpCase row : rows()) {
            for (Backend backend : backends) {
                boolean reference = backend instanceof ReferenceBackend;
                boolean model = row.scale() == Scale.MODEL && !reference && row.flops() <= MOST_FLOPS;
                if (row.scale() == Scale.SMALL || model) {
                    tests.add(dynamicTest(row + " on " + backend.info().name(), () -> check(row, backend)));
                }
            }
        }
        return tests;
    }

    private void check(OpCase row, Backend backend) {
        try (OpRun run = row.open(backend, SEED)) {
            double[][] results = run.run();
            compare(row, backend.info().precision(DType.F32).equals("tf32"), results);
            assertEquals(0, run.strayWrites(), "elements written beside the result");
            assertArrayEquals(results, run.run(), "bits of a second run");
            assertArrayEquals(results, run.runCaptured(), "bits of a captured run");
            for (double[] result : results) {
                boolean empty = result.length >= FEW && Comparison.zeros(result) > MOST_ZEROS;
                assertTrue(!empty, "more than 90 % zeros: the row tests nothing");
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "%s on %s: %s%nrun it alone with -Dearshot.case='%s'"
                            .formatted(row, backend.info().name(), e.getMessage(), row),
                    e);
        }
    }

    private void compare(OpCase row, boolean tf32, double[][] results) {
        if (row.precision() == DType.F32) {
            double[][] expected = results(row, truth);
            // Twice the error of the plain tf32 formula, whichever way it rounds, is four times its square.
            List<double[][]> formulas =
                    tf32 ? List.of(results(row, plainTf32), results(row, cutTf32)) : List.<double[][]>of();
            for (int i = 0; i < expected.length; i++) {
                double error = Comparison.nmse(expected[i], results[i]);
                double accepted = row.tolerance();
                for (double[][] formula : formulas) {
                    accepted = Math.max(accepted, 4 * Comparison.nmse(expected[i], formula[i]));
                }
                assertTrue(
                        error <= accepted,
                        "result %d: normalised mean squared error %.3g, accepted %.3g".formatted(i, error, accepted));
            }
            return;
        }
        try (OpRun exact = row.openExact(truth, SEED)) {
            double[][] expected = exact.run();
            double[][] formula = results(row, plain);
            for (int i = 0; i < expected.length; i++) {
                compareWithPlainFormula(expected[i], formula[i], results[i]);
            }
        }
    }

    private static double[][] results(OpCase row, Backend backend) {
        try (OpRun run = row.open(backend, SEED)) {
            return run.run();
        }
    }

    private static void compareWithPlainFormula(double[] expected, double[] yardstick, double[] result) {
        double error = rms(expected, result);
        double formula = rms(expected, yardstick);
        // The best that any result stored in bf16 can do; the plain formula may be luckier on few elements.
        double[] rounded =
                Arrays.stream(expected).map(v -> Floats.roundBf16((float) v)).toArray();
        double accepted = 2 * Math.max(Math.max(formula, rms(expected, rounded)), FP32_FLOOR);
        assertTrue(
                error <= accepted,
                "relative error %.3g, that of the plain bf16 formula %.3g, accepted %.3g"
                        .formatted(error, formula, accepted));
    }

    private static double rms(double[] expected, double[] actual) {
        return Math.sqrt(Comparison.nmse(expected, actual));
    }

    @Test
    void everyOpOfTheBackendHasRows() {
        Set<String> notOps = Set.of(
                "info",
                "isNative",
                "workspace",
                "parameters",
                "capture",
                "training",
                "checkpoint",
                "upload",
                "download",
                "downloadIntegers",
                "synchronize",
                "close");
        Set<String> ops = Stream.of(Backend.class, TrainingOps.class)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .map(java.lang.reflect.Method::getName)
                .filter(name -> !notOps.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(ops, new TreeSet<>(OpCases.byOp().keySet()));
    }

    @Test
    void everyOpHasAnEmptyRowAndBothTypes() {
        OpCases.byOp().forEach((op, rows) -> {
            assertTrue(rows.stream().anyMatch(row -> row.name().matches(".*[ xbq]0[x .].*")), op);
            assertTrue(F32_ONLY.contains(op) != rows.stream().anyMatch(row -> row.precision() == DType.BF16), op);
            assertTrue(rows.stream().anyMatch(row -> row.precision() == DType.F32), op);
        });
    }

    @Test
    void aFilterSelectsByPartOrByExactName() {
        assertEquals(1, OpCases.matching("argmax 1x1 f32").size());
        assertTrue(OpCases.matching("argmax").size() > 5);
        assertThrows(IllegalArgumentException.class, () -> OpCases.matching("nothing like this"));
    }
}
