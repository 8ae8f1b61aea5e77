package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TripletSamplerTest {
    /** Everyone's neighbours are the next k in a circle. */
    private static NeighbourTable circle(int n, int k) {
        int[] neighbours = new int[n * k];
        float[] similarities = new float[n * k];
        for (int i = 0; i < n * k; i++) {
            neighbours[i] = (i / k + 1 + i % k) % n;
            similarities[i] = 1 - 0.01f * (i % k);
        }
        return new NeighbourTable(k, neighbours, similarities);
    }

    private static void assertSame(TripletSampler.Batch expected, TripletSampler.Batch actual) {
        assertArrayEquals(expected.anchors(), actual.anchors());
        assertArrayEquals(expected.positives(), actual.positives());
        assertArrayEquals(expected.negatives(), actual.negatives());
    }

    @Test
    void resumedSamplerGoesOnAsTheUninterruptedOne() {
        NeighbourTable table = circle(41, 5);
        for (int stop = 0; stop < 23; stop++) { // over several epochs of 5 batches
            TripletSampler whole = new TripletSampler(table, 8, 77);
            TripletSampler first = new TripletSampler(table, 8, 77);
            for (int step = 0; step < stop; step++) {
                assertSame(whole.next(), first.next());
            }
            TripletSampler resumed = new TripletSampler(table, 8, first.state());
            for (int step = 0; step < 12; step++) {
                assertSame(whole.next(), resumed.next());
                assertEquals(whole.state(), resumed.state());
            }
        }
    }

    @Test
    void anEpochTakesEveryAnchorOnceAndDropsTheRest() {
        TripletSampler sampler = new TripletSampler(circle(41, 3), 8, 1);
        List<Integer> lastEpoch = List.of();
        for (int epoch = 0; epoch < 4; epoch++) {
            List<Integer> anchors = new ArrayList<>();
            for (int step = 0; step < 5; step++) {
                Arrays.stream(sampler.next().anchors()).forEach(anchors::add);
                assertEquals(epoch, sampler.state().epoch());
            }
            Set<Integer> distinct = new HashSet<>(anchors);
            assertEquals(40, distinct.size());
            assertFalse(anchors.equals(lastEpoch));
            lastEpoch = anchors;
        }
    }

    @Test
    void positivesAreNeighboursAndNegativesAreNot() {
        NeighbourTable table = circle(30, 7);
        TripletSampler sampler = new TripletSampler(table, 8, 3);
        int redrawn = 0;
        for (int step = 0; step < 300; step++) {
            TripletSampler.Batch batch = sampler.next();
            redrawn += batch.redrawn();
            for (int i = 0; i < 8; i++) {
                int anchor = batch.anchors()[i];
                assertTrue(anchor != batch.positives()[i] && table.isSelfOrNeighbour(anchor, batch.positives()[i]));
                assertFalse(table.isSelfOrNeighbour(anchor, batch.negatives()[i]));
            }
        }
        assertTrue(redrawn > 0, "a table this dense needs single draws");
    }

    @Test
    void imagesWithoutAnyNegativeAreAnErrorWithAdvice() {
        TripletSampler sampler = new TripletSampler(circle(8, 7), 8, 3);
        String message =
                assertThrows(IllegalStateException.class, sampler::next).getMessage();
        assertTrue(message.contains("1000 draws") && message.contains("smaller K"), message);
    }

    @Test
    void wrongBatchesAndStatesAreRefused() {
        NeighbourTable table = circle(10, 2);
        assertThrows(IllegalArgumentException.class, () -> new TripletSampler(table, 11, 0));
        assertThrows(IllegalArgumentException.class, () -> new TripletSampler(table, 0, 0));
        TripletSampler.State other = new TripletSampler.State(1, 2, 0, 11);
        assertThrows(IllegalArgumentException.class, () -> new TripletSampler(table, 2, other));
    }
}
