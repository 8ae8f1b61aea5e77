package dev.earshot.tensor.kmeans;

import dev.earshot.tensor.SplitMix64;
import java.util.Arrays;

/**
 * k-means++: chooses K different rows, each with a probability that grows with its distance to those chosen before.
 * Weights are added up in chunks of {@value #CHUNK} rows and the chunks' sums in turn, so that the running sum which a draw
 * looks for is found without walking over all rows.
 */
final class PlusPlus {
    private static final int CHUNK = 64;

    /** Rows that are all this close to a centre are as good as chosen. */
    private static final double NO_WEIGHT = 1e-12;

    private PlusPlus() {}

    static int[] choose(UnitRows x, int clusters, SplitMix64 random) {
        int n = x.rows();
        int[] chosen = new int[clusters];
        boolean[] taken = new boolean[n];
        double[] weight = new double[n];
        double[] similarity = new double[n];
        float[] centre = new float[x.width()];
        Arrays.fill(weight, Double.POSITIVE_INFINITY);
        for (int j = 0; j < chosen.length; j++) {
            int row = j == 0 ? firstLiveFrom(x, random.below(n)) : draw(weight, taken, random);
            chosen[j] = row;
            taken[row] = true;
            x.copyRow(row, centre, 0);
            x.similarities(centre, 0, similarity);
            for (int i = 0; i < n; i++) {
                boolean free = x.isLive(i) && !taken[i];
                weight[i] = free ? Math.min(weight[i], Math.max(0, 1 - similarity[i])) : 0;
            }
        }
        return chosen;
    }

    private static int firstLiveFrom(UnitRows x, int row) {
        for (int step = 0; step < x.rows(); step++) {
            int candidate = (row + step) % x.rows();
            if (x.isLive(candidate)) {
                return candidate;
            }
        }
        return row;
    }

    private static int draw(double[] weight, boolean[] taken, SplitMix64 random) {
        double[] chunks = new double[(weight.length + CHUNK - 1) / CHUNK];
        double total = 0;
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            for (int i = chunk * CHUNK; i < end(chunk, weight); i++) {
                chunks[chunk] += weight[i];
            }
            total += chunks[chunk];
        }
        if (total <= NO_WEIGHT) {
            int free = 0;
            while (taken[free]) {
                free++;
            }
            return free;
        }
        return find(random.unit() * total, weight, chunks);
    }

    /** The first row whose running sum exceeds {@code r}; the last with a weight if rounding leaves none. */
    private static int find(double r, double[] weight, double[] chunks) {
        double before = 0;
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            if (before + chunks[chunk] > r) {
                double running = before;
                for (int i = chunk * CHUNK; i < end(chunk, weight); i++) {
                    running += weight[i];
                    if (running > r) {
                        return i;
                    }
                }
            }
            before += chunks[chunk];
        }
        int last = weight.length - 1;
        while (last > 0 && !(weight[last] > 0)) {
            last--;
        }
        return last;
    }

    private static int end(int chunk, double[] weight) {
        return Math.min(weight.length, (chunk + 1) * CHUNK);
    }
}
