package dev.earshot.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A comparison of speed is worth something only if both sides compute the same. */
final class FusionBenchTest {
    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void bothMlpsComputeTheSame(DType compute) {
        LinearFusionBench bench = new LinearFusionBench();
        bench.backendName = "cpu";
        bench.rows = 5;
        bench.compute = compute;
        bench.open();
        try {
            bench.fused();
            bench.unfused();
            float[][] results = bench.results();
            assertTrue(results[0][0] != 0 && results[0][0] != results[0][1]);
            assertArrayEquals(results[0], results[1], compute == DType.F32 ? 1e-5f : 2e-2f);
        } finally {
            bench.close();
        }
    }

    @Test
    void bothCrossModalAttentionsComputeTheSame() {
        CrossModalFusionBench bench = new CrossModalFusionBench();
        bench.backendName = "cpu";
        bench.batch = 2;
        bench.open();
        try {
            bench.fused();
            bench.unfused();
            float[][] results = bench.results();
            assertTrue(results[0][0] != 0 && results[0][0] != results[0][1]);
            assertArrayEquals(results[0], results[1], 1e-5f);
        } finally {
            bench.close();
        }
    }

    @Test
    void bothWaysOfMeasuringMasksComputeTheSame() {
        MaskFusionBench bench = new MaskFusionBench();
        bench.backendName = "cpu";
        bench.masks = 3;
        bench.side = 32;
        bench.open();
        try {
            bench.fused();
            bench.unfused();
            float[][] results = bench.results();
            assertTrue(results[0][0] > 0 && results[0][0] < results[0][6] && results[0][6] < results[0][3]);
            assertArrayEquals(results[0], results[1], 2); // a resize may blend rows first
        } finally {
            bench.close();
        }
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
