package dev.earshot.tensor.kmeans;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One run of spherical k-means from given centroids: Lloyd iterations, then optionally Hartigan's single moves. */
final class LloydRun {
    /** Moves that gain less are rounding. */
    private static final double MIN_GAIN = 1e-9;

    private static final int MAX_PASSES = 50;

    private final UnitRows x;
    private final int clusters;
    private final int width;
    private final double[] centroids; // [K, C]
    private final boolean[] directionless; // zero centroids
    private final float[] centroidRows; // the same, rounded, as the similarity kernel takes them
    private final double[] sums; // [K, C]: the members of each cluster added up
    private final int[] counts; // live members
    private final int[] labels; // in whose sum each live row is; -1: in none yet
    private final int[] assigned; // labels of the newest assignment
    private final int[] previous; // and of the one before; -1: none yet
    private final double[][] similarity; // [K][rows]
    private final boolean[] turned; // whether a centroid changed since its similarities were computed
    private double inertia;
    private boolean settled;

    /** Starts from {@code start} [K, C], which is scaled to unit length; a zero row stays zero. */
    LloydRun(UnitRows x, float[] start, int clusters) {
        this.x = x;
        this.clusters = clusters;
        this.width = x.width();
        this.centroidRows = start.clone();
        this.centroids = new double[clusters * width];
        this.directionless = new boolean[clusters];
        for (int j = 0; j < clusters; j++) {
            directionless[j] = !UnitRows.normalize(centroidRows, j * width, width);
            for (int c = j * width; c < (j + 1) * width; c++) {
                centroids[c] = centroidRows[c];
            }
        }
        this.sums = new double[clusters * width];
        this.counts = new int[clusters];
        this.labels = new int[x.rows()];
        Arrays.fill(labels, -1);
        this.assigned = new int[x.rows()];
        this.previous = new int[x.rows()];
        Arrays.fill(previous, -1);
        this.similarity = new double[clusters][x.rows()];
        this.turned = new boolean[clusters];
        Arrays.fill(turned, true);
    }

    /**
     * Iterates each run until its labels repeat or its centroids rest, then assigns once more. Runs on the same rows go
     * side by side and through the rows together; none sees another.
     */
    static void iterate(UnitRows x, List<LloydRun> runs, int maxIterations, double tolerance, KMeansTrace trace) {
        List<LloydRun> going = new ArrayList<>(runs);
        for (int iteration = 0; !going.isEmpty(); iteration++) {
            List<UnitRows.Query> queries = new ArrayList<>();
            for (LloydRun run : going) {
                run.addQueries(queries);
            }
            x.similarities(queries);
            boolean last = iteration == maxIterations;
            going.removeIf(run -> run.advance(last, tolerance, trace));
        }
    }

    /** One iteration on fresh similarities; true when the run is over. */
    private boolean advance(boolean last, double tolerance, KMeansTrace trace) {
        assign();
        if (last || settled) {
            return true;
        }
        double before = inertia;
        fillEmptyClusters();
        moveToAssigned();
        double angle = updateCentroids();
        trace.iterated(assigned, centroids, before);
        settled = Arrays.equals(assigned, previous) || angle <= tolerance;
        System.arraycopy(assigned, 0, previous, 0, previous.length);
        return false;
    }

    /** Every row goes to the most similar centroid, the lowest on ties. */
    private void assign() {
        double[] lanes = LaneSums.lanes();
        for (int i = 0; i < x.rows(); i++) {
            int best = 0;
            for (int j = 1; j < clusters; j++) {
                if (similarity[j][i] > similarity[best][i]) {
                    best = j;
                }
            }
            assigned[i] = best;
            if (x.isLive(i)) {
                lanes[i % lanes.length] += 1 - similarity[best][i];
            }
        }
        inertia = LaneSums.total(lanes);
    }

    /** Asks for the similarities to the centroids that turned; late iterations turn few. */
    private void addQueries(List<UnitRows.Query> queries) {
        for (int j = 0; j < clusters; j++) {
            if (turned[j]) {
                queries.add(new UnitRows.Query(centroidRows, j * width, similarity[j]));
            }
            turned[j] = false;
        }
    }

    /** Gives each cluster without a live row the row that fits its own centroid worst. */
    private void fillEmptyClusters() {
        int[] members = new int[clusters];
        for (int i = 0; i < x.rows(); i++) {
            members[assigned[i]] += x.isLive(i) ? 1 : 0;
        }
        boolean[] moved = null;
        for (int j = 0; j < clusters; j++) {
            if (members[j] > 0) {
                continue;
            }
            moved = moved == null ? new boolean[x.rows()] : moved;
            int worst = -1;
            for (int i = 0; i < x.rows(); i++) {
                boolean candidate = x.isLive(i) && !moved[i] && members[assigned[i]] > 1;
                if (candidate && (worst < 0 || similarity[assigned[i]][i] < similarity[assigned[worst]][worst])) {
                    worst = i;
                }
            }
            if (worst >= 0) {
                members[assigned[worst]]--;
                members[j]++;
                assigned[worst] = j;
                moved[worst] = true;
            }
        }
    }

    /** Brings sums and counts up to date; only rows that changed their cluster cost anything. */
    private void moveToAssigned() {
        for (int i = 0; i < x.rows(); i++) {
            if (x.isLive(i) && labels[i] != assigned[i]) {
                move(i, assigned[i]);
            }
        }
    }

    private void move(int row, int to) {
        int from = labels[row];
        if (from >= 0) {
            counts[from]--;
            turned[from] = true;
            x.accumulate(row, -1, sums, from * width);
            if (counts[from] == 0) {
                Arrays.fill(sums, from * width, (from + 1) * width, 0); // no rounding left behind
            }
        }
        counts[to]++;
        turned[to] = true;
        x.accumulate(row, 1, sums, to * width);
        labels[row] = to;
    }

    /** New centroids from the sums; returns how far they turned, as the sum of 1 - cosine. */
    private double updateCentroids() {
        double total = 0;
        for (int j = 0; j < clusters; j++) {
            if (!turned[j]) {
                total += directionless[j] ? 1 : 0;
                continue;
            }
            int from = j * width;
            double norm = norm(j);
            directionless[j] &= norm <= UnitRows.EPS;
            double[] lanes = LaneSums.lanes();
            for (int c = 0; c < width; c++) {
                double next = norm > UnitRows.EPS ? sums[from + c] / norm : centroids[from + c];
                lanes[c % lanes.length] += centroids[from + c] * next;
                centroids[from + c] = next;
                centroidRows[from + c] = (float) next;
            }
            total += 1 - LaneSums.total(lanes);
        }
        return total;
    }

    private double norm(int cluster) {
        return Math.sqrt(LaneSums.squares(sums, cluster * width, width));
    }

    /**
     * Moves single rows between clusters while that lengthens the sum of |R_j|, the spherical counterpart of Hartigan and
     * Wong (1979), and sets the centroids to the result.
     */
    void refine() {
        moveToAssigned();
        double[] norms = new double[clusters];
        for (int j = 0; j < clusters; j++) {
            norms[j] = norm(j);
        }
        boolean moving = true;
        for (int pass = 0; pass < MAX_PASSES && moving; pass++) {
            moving = false;
            for (int i = 0; i < x.rows(); i++) {
                if (x.isLive(i) && counts[labels[i]] > 1) {
                    moving |= moveIfBetter(i, norms);
                }
            }
        }
        updateCentroids();
        List<UnitRows.Query> queries = new ArrayList<>();
        addQueries(queries);
        x.similarities(queries);
        double total = 0;
        for (int i = 0; i < x.rows(); i++) {
            assigned[i] = x.isLive(i) ? labels[i] : 0;
        }
        for (double norm : norms) {
            total += norm;
        }
        inertia = x.liveRows() - total;
    }

    private boolean moveIfBetter(int row, double[] norms) {
        int own = labels[row];
        double left = Math.sqrt(Math.max(0, norms[own] * norms[own] - 2 * x.dot(row, sums, own * width) + 1));
        double loss = norms[own] - left;
        int best = -1;
        double bestGain = MIN_GAIN;
        for (int j = 0; j < clusters; j++) {
            if (j != own) {
                double grown = Math.sqrt(Math.max(0, norms[j] * norms[j] + 2 * x.dot(row, sums, j * width) + 1));
                double gain = grown - norms[j] - loss;
                if (gain > bestGain) {
                    best = j;
                    bestGain = gain;
                }
            }
        }
        if (best < 0) {
            return false;
        }
        move(row, best);
        norms[own] = norm(own);
        norms[best] = norm(best);
        return true;
    }

    double inertia() {
        return inertia;
    }

    /** The result; {@code restart} is only passed on. */
    Clustering clustering(int restart) {
        float[] similarities = new float[x.rows() * clusters];
        for (int i = 0; i < x.rows(); i++) {
            for (int j = 0; j < clusters; j++) {
                similarities[i * clusters + j] = (float) similarity[j][i];
            }
        }
        double total = x.isFinite() ? inertia : Double.NaN;
        return new Clustering(clusters, width, assigned.clone(), centroidRows.clone(), similarities, total, restart);
    }
}
