package dev.earshot.tools.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.earshot.tensor.Backends;
import dev.earshot.tools.parity.Parity.Arithmetic;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every golden of the project on every backend that runs on the host. */
class GoldensTest {
    private static final Map<String, KindRunner> RUNNERS = KindRunners.all();

    private static List<GoldenCase> cases() {
        try {
            return GoldenCase.find(
                    Path.of(GoldensTest.class.getResource("/goldens").toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void everyKindOfTheGoldensHasARunner() {
        List<String> missing = cases().stream()
                .map(GoldenCase::kind)
                .filter(kind -> !RUNNERS.containsKey(kind))
                .distinct()
                .toList();
        assertEquals(List.of(), missing);
        assertFalse(cases().isEmpty());
    }

    @TestFactory
    Stream<DynamicTest> casesOnTheHostOrTheCpuBackend() {
        return tests("cpu", Arithmetic.FP32, false);
    }

    @TestFactory
    Stream<DynamicTest> casesOnTheCpuBackendInBf16() {
        return tests("cpu", Arithmetic.BF16, false);
    }

    @TestFactory
    Stream<DynamicTest> casesOnTheReferenceBackend() {
        return tests("reference", Arithmetic.FP32, false);
    }

    @TestFactory
    Stream<DynamicTest> casesOnTheSimulatedCard() {
        return onTheSimulatedCard(Arithmetic.FP32);
    }

    @TestFactory
    Stream<DynamicTest> casesOnTheSimulatedCardInBf16() {
        return onTheSimulatedCard(Arithmetic.BF16);
    }

    /** Its cuBLASLt and cuDNN round the operands as a card's matrix units do. */
    @TestFactory
    Stream<DynamicTest> casesOnTheSimulatedCardInTf32() {
        return onTheSimulatedCard(Arithmetic.TF32);
    }

    private static Stream<DynamicTest> onTheSimulatedCard(Arithmetic arithmetic) {
        SimulatedCard.require();
        return tests(SimulatedCard.NAME, arithmetic, false);
    }

    /** ImageBind-Huge, DINO ViT-B/16 and SAM ViT-B with generated weights: about 8 GB of memory. */
    @Tag("slow")
    @TestFactory
    Stream<DynamicTest> fullSizeCases() {
        return tests("cpu", Arithmetic.FP32, true);
    }

    private static Stream<DynamicTest> tests(String backend, Arithmetic arithmetic, boolean large) {
        boolean repeats = !(backend.equals("cpu") && arithmetic == Arithmetic.FP32); // host kinds know neither
        return cases().stream()
                .filter(golden -> RUNNERS.containsKey(golden.kind()))
                .filter(golden -> RUNNERS.get(golden.kind()).runsUnasked() != large)
                .filter(golden -> !repeats || RUNNERS.get(golden.kind()).usesBackend())
                .map(golden -> DynamicTest.dynamicTest(golden.toString(), () -> {
                    try (Parity parity = new Parity(RUNNERS, () -> Backends.open(arithmetic.on(backend)), arithmetic)) {
                        CaseResult result = parity.run(golden);
                        assertEquals(CaseResult.Status.PASS, result.status(), result::line);
                    }
                }));
    }
}
