package dev.earshot.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A comparison of speed is worth something only if both sides compute the same. */
final class FusionBenchTest {
    /** Runs both sides once on the CPU. */
    private static float[][] resultsOf(FusionBench bench) {
        bench.backendName = "cpu";
        bench.open();
        try {
            bench.fused();
            bench.unfused();
            return bench.results();
        } finally {
            bench.close();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void bothMlpsComputeTheSame(DType compute) {
        LinearFusionBench bench = new LinearFusionBench();
        bench.rows = 5;
        bench.compute = compute;
        float[][] results = resultsOf(bench);
        assertTrue(results[0][0] != 0 && results[0][0] != results[0][1]);
        assertArrayEquals(results[0], results[1], compute == DType.F32 ? 1e-5f : 2e-2f);
    }

    @Test
    void bothCrossModalAttentionsComputeTheSame() {
        CrossModalFusionBench bench = new CrossModalFusionBench();
        bench.batch = 2;
        float[][] results = resultsOf(bench);
        assertTrue(results[0][0] != 0 && results[0][0] != results[0][1]);
        assertArrayEquals(results[0], results[1], 1e-5f);
    }

    @Test
    void bothPixelMatchingsComputeTheSameCosts() {
        PixelMatchingFusionBench bench = new PixelMatchingFusionBench();
        bench.batch = 2;
        float[][] costs = resultsOf(bench);
        assertTrue(costs[0][0] > 0.1f && costs[0][0] != costs[0][1]);
        assertArrayEquals(costs[0], costs[1], 1e-5f);
    }

    @Test
    void bothWaysOfMeasuringMasksComputeTheSame() {
        MaskFusionBench bench = new MaskFusionBench();
        bench.masks = 3;
        bench.side = 32;
        float[][] results = resultsOf(bench);
        assertTrue(results[0][0] > 0 && results[0][0] < results[0][6] && results[0][6] < results[0][3]);
        assertArrayEquals(results[0], results[1], 2); // a resize may blend rows first
    }

    @Test
    void replayAndSingleOpsDoTheSame() {
        GraphLaunchBench bench = new GraphLaunchBench();
        bench.backendName = "cpu";
        bench.ops = 3;
        bench.open();
        try {
            bench.oneByOne();
            bench.replay();
            assertEquals(1, bench.result()[255]);
        } finally {
            bench.close();
        }
    }
}
