package dev.earshot.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A comparison of speed is worth something only if both sides compute the same. */
final class PixelMatchingFusionBenchTest {
    @Test
    void bothSidesComputeTheSameCosts() {
        PixelMatchingFusionBench bench = new PixelMatchingFusionBench();
        bench.backendName = "cpu";
        bench.batch = 2;
        bench.open();
        try {
            bench.fused();
            bench.unfused();
            float[][] costs = bench.costs();
            assertTrue(costs[0][0] > 0.1f && costs[0][0] != costs[0][1]);
            assertArrayEquals(costs[0], costs[1], 1e-5f);
        } finally {
            bench.close();
        }
    }
}
