package dev.earshot.bench.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.cuda.CudaDiagnostics;
import dev.earshot.tensor.DType;
import java.util.Arrays;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The workloads of MoCA's pipeline on the simulated card, against the same on the CPU. */
final class DeviceWorkloadsTest {
    private static final String CARD = "simcuda";
    private static final String CPU = "cpu:2";
    private static final int CLUSTERS = 4;

    private static float[] twice(Workload opened) {
        try (Workload workload = opened) {
            workload.run();
            float[] first = workload.output();
            workload.run();
            assertArrayEquals(first, workload.output(), "a replay gives the bits of the run that was captured");
            assertTrue((double) workload.facts().get("flops") > 0, "its work is counted");
            return first;
        }
    }

    private static float largestDifference(float[] values, float[] expected) {
        assertEquals(expected.length, values.length);
        float largest = 0;
        float difference = 0;
        for (int i = 0; i < values.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(values[i] - expected[i]));
        }
        return difference / largest;
    }

    private static void assertAgree(double tolerance, Function<String, Workload> open) {
        float difference = largestDifference(twice(open.apply(CARD)), twice(open.apply(CPU)));
        assertTrue(difference <= tolerance, "difference of " + difference);
    }

    @Test
    void featuresBecomeTheMasksOfTheCpu() {
        float[] card = twice(Workloads.open(CARD, "moca-frame", 2, 0, DType.F32));
        float[] cpu = twice(Workloads.open(CPU, "moca-frame", 2, 0, DType.F32));
        int figures = 2 * 2 * CLUSTERS;
        assertArrayEquals(Arrays.copyOf(cpu, figures), Arrays.copyOf(card, figures), 1e-5f);
        int pixels = ClipWorkload.WIDTH * ClipWorkload.HEIGHT;
        assertEquals(figures + 2 * pixels, card.length);
        int different = 0;
        int set = 0;
        for (int i = figures; i < card.length; i++) {
            different += card[i] == cpu[i] ? 0 : 1;
            set += (int) card[i];
        }
        // Cosines differ in their last digits, and so may pixels where two clusters are equally near.
        assertTrue(different <= pixels / 1000, different + " pixels differ");
        assertTrue(set > pixels / 100, "something sounds");
    }

    /**
     * From decoded pictures and sound, one block of each trunk at ImageBind-Huge's widths. A frame that goes up is three
     * copies without a wait more than one whose features are on the card.
     */
    @Test
    void aClipHasTheMasksOfTheCpu() {
        try (Workload card = new ClipWorkload(CARD, 1, 1, DType.F32);
                Workload cpu = new ClipWorkload(CPU, 1, 1, DType.F32)) {
            card.run();
            cpu.run();
            CudaDiagnostics device = CudaDiagnostics.open().getLast();
            long calls = device.driverCalls();
            card.run();
            assertEquals(7, device.driverCalls() - calls);
            float[] masks = card.output();
            float[] expected = cpu.output();
            int figures = 2 * CLUSTERS;
            assertArrayEquals(Arrays.copyOf(expected, figures), Arrays.copyOf(masks, figures), 1e-4f);
            int different = 0;
            for (int i = figures; i < masks.length; i++) {
                different += masks[i] == expected[i] ? 0 : 1;
            }
            assertTrue(different <= masks.length / 1000, different + " pixels differ");
        }
    }

    /** What is on the card already comes back by one replay, one copy, its event and the wait for it. */
    @Test
    void aFrameIsOneGraphAndOneCopy() {
        try (Workload workload = new FrameWorkload(CARD, 1)) {
            workload.run();
            CudaDiagnostics card = CudaDiagnostics.open().getLast();
            long calls = card.driverCalls();
            long libraries = card.libraryCalls();
            workload.run();
            assertEquals(4, card.driverCalls() - calls);
            assertEquals(libraries, card.libraryCalls());
        }
    }

    @Test
    void clustersAreThoseOfTheCpu() {
        assertAgree(0, backend -> Workloads.open(backend, "kmeans", 2, 0, DType.F32));
    }

    @Test
    void neighboursAreThoseOfTheCpu() {
        assertAgree(1e-5, backend -> Workloads.open(backend, "knn", 300, 0, DType.F32));
    }

    @Test
    void aTrainingStepHasTheGradientsOfTheCpu() {
        assertAgree(1e-3, backend -> Workloads.open(backend, "train-tiny", 1, 0, DType.F32));
    }
}
