package dev.earshot.tensor.kmeans;

import dev.earshot.tensor.SplitMix64;
import java.util.Arrays;

/**
 * k-means++: chooses K different rows, each with a probability that grows with its distance to those chosen before.
 * Weights are added up in chunks of {@value #CHUNK} rows and the chunks' sums in turn, so that the running sum which a draw
 * looks for is found without walking over all rows. Its memory serves one choice after the other.
 */
final class PlusPlus {
    private static final int CHUNK = 64;

    /** Rows that are all this close to a centre are as good as chosen. */
    private static final double NO_WEIGHT = 1e-12;

    private final int[] chosen;
    private final boolean[] taken;
    private final double[] weight;
    private final double[] chunks;
    private SplitMix64 random = new SplitMix64(0);

    PlusPlus(int rows, int clusters) {
        this.chosen = new int[clusters];
        this.taken = new boolean[rows];
        this.weight = new double[rows];
        this.chunks = new double[(rows + CHUNK - 1) / CHUNK];
    }

    /** Starts a choice. */
    void start(SplitMix64 chance) {
        random = chance;
        Arrays.fill(taken, false);
        Arrays.fill(weight, Double.POSITIVE_INFINITY);
    }

    /** Chooses row number {@code j} and returns it. */
    int take(UnitRows x, int j) {
        int row = j == 0 ? firstLiveFrom(x, random.below(x.rows())) : draw();
        chosen[j] = row;
        taken[row] = true;
        return row;
    }

    /** Weighs the rows by their distance to the nearest chosen one, given the cosines with the newest. */
    void weigh(UnitRows x, double[] similarity) {
        for (int i = 0; i < weight.length; i++) {
            boolean free = x.isLive(i) && !taken[i];
            weight[i] = free ? Math.min(weight[i], Math.max(0, 1 - similarity[i])) : 0;
        }
    }

    /** The rows taken so far. */
    int[] chosen() {
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

    private int draw() {
        double total = 0;
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            double sum = 0;
            for (int i = chunk * CHUNK; i < end(chunk); i++) {
                sum += weight[i];
            }
            chunks[chunk] = sum;
            total += sum;
        }
        if (total <= NO_WEIGHT) {
            int free = 0;
            while (taken[free]) {
                free++;
            }
            return free;
        }
        return find(random.unit() * total);
    }

    /** The first row whose running sum exceeds {@code r}; the last with a weight if rounding leaves none. */
    private int find(double r) {
        double before = 0;
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            if (before + chunks[chunk] > r) {
                double running = before;
                for (int i = chunk * CHUNK; i < end(chunk); i++) {
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

    private int end(int chunk) {
        return Math.min(weight.length, (chunk + 1) * CHUNK);
    }
}
