package dev.earshot.tensor.kmeans;

import dev.earshot.tensor.SplitMix64;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * k-means++: chooses K different rows, each with a probability that grows with its distance to those chosen before.
 * Weights are added up in chunks of {@value #CHUNK} rows and the chunks' sums in turn, so that the running sum which a draw
 * looks for is found without walking over all rows.
 */
final class PlusPlus {
    private static final int CHUNK = 64;

    /** Rows that are all this close to a centre are as good as chosen. */
    private static final double NO_WEIGHT = 1e-12;

    private final UnitRows x;
    private final SplitMix64 random;
    private final int[] chosen;
    private final boolean[] taken;
    private final double[] weight;
    private final double[] similarity;
    private final float[] centre;

    private PlusPlus(UnitRows x, int clusters, SplitMix64 random) {
        this.x = x;
        this.random = random;
        this.chosen = new int[clusters];
        this.taken = new boolean[x.rows()];
        this.weight = new double[x.rows()];
        this.similarity = new double[x.rows()];
        this.centre = new float[x.width()];
        Arrays.fill(weight, Double.POSITIVE_INFINITY);
    }

    /** The chosen rows of several runs, one per source of chance, which go through the rows together. */
    static List<int[]> choose(UnitRows x, int clusters, List<SplitMix64> randoms) {
        List<PlusPlus> runs = randoms.stream()
                .map(random -> new PlusPlus(x, clusters, random))
                .toList();
        for (int j = 0; j < clusters; j++) {
            List<UnitRows.Query> queries = new ArrayList<>();
            for (PlusPlus run : runs) {
                queries.add(run.take(j));
            }
            x.similarities(queries);
            runs.forEach(PlusPlus::weigh);
        }
        return runs.stream().map(run -> run.chosen).toList();
    }

    /** Chooses row number {@code j}. */
    private UnitRows.Query take(int j) {
        int row = j == 0 ? firstLiveFrom(x, random.below(x.rows())) : draw(weight, taken, random);
        chosen[j] = row;
        taken[row] = true;
        x.copyRow(row, centre, 0);
        return new UnitRows.Query(centre, 0, similarity);
    }

    /** Weighs the rows by their distance to the nearest chosen one. */
    private void weigh() {
        for (int i = 0; i < weight.length; i++) {
            boolean free = x.isLive(i) && !taken[i];
            weight[i] = free ? Math.min(weight[i], Math.max(0, 1 - similarity[i])) : 0;
        }
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
