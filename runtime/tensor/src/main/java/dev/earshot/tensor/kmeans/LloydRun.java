package dev.earshot.tensor.kmeans;

import dev.earshot.tensor.KMeansSettings;
import java.util.Arrays;

/**
 * One run of spherical k-means from given centroids: Lloyd iterations, then optionally Hartigan's single moves. Its memory
 * serves one run after the other.
 */
final class LloydRun {
    /** Moves that gain less are rounding. */
    private static final double MIN_GAIN = 1e-9;

    private static final int MAX_PASSES = 50;

    private final int clusters;
    private final int width;
    private final double[][] centroids; // [K][C]
    private final boolean[] directionless; // zero centroids
    private final float[][] centroidRows; // the same, rounded and padded, as the similarity kernel takes them
    private final float[] given; // one of them before it was scaled
    private final double[][] sums; // [K][C]: the members of each cluster added up
    private final double[] next; // [C]
    private final int[] counts; // live members
    private final int[] labels; // in whose sum each live row is; -1: in none yet
    private final int[] assigned; // labels of the newest assignment
    private final int[] previous; // and of the one before; -1: none yet
    private final double[][] similarity; // [K][rows]
    private final boolean[] turned; // whether a centroid changed since its similarities were computed
    private final int[] members; // live rows by newest assignment
    private final boolean[] moved; // into an empty cluster
    private final double[] norms; // of the sums
    private final LaneSums lanes = new LaneSums();
    private UnitRows x;
    private double inertia;
    private boolean settled;

    LloydRun(int rows, int width, int clusters) {
        this.clusters = clusters;
        this.width = width;
        this.centroids = new double[clusters][width];
        this.directionless = new boolean[clusters];
        this.centroidRows = new float[clusters][UnitRows.stride(width)];
        this.given = new float[UnitRows.stride(width)];
        this.sums = new double[clusters][width];
        this.next = new double[width];
        this.counts = new int[clusters];
        this.labels = new int[rows];
        this.assigned = new int[rows];
        this.previous = new int[rows];
        this.similarity = new double[clusters][rows];
        this.turned = new boolean[clusters];
        this.members = new int[clusters];
        this.moved = new boolean[rows];
        this.norms = new double[clusters];
    }

    /** Where the starting point of a cluster goes, before {@link #start}. */
    float[] centroidRow(int cluster) {
        return centroidRows[cluster];
    }

    /** Where the cosines of all rows with the starting point of a cluster go, if they are known before {@link #start}. */
    double[] similarity(int cluster) {
        return similarity[cluster];
    }

    /**
     * Starts from the {@link #centroidRow centroid rows}, which are scaled to unit length; a zero row stays zero.
     *
     * @param compared whether {@link #similarity} holds the cosines with them as they are; they need not be computed again
     *     for those that scaling does not change
     */
    void start(UnitRows rows, boolean compared) {
        x = rows;
        for (int j = 0; j < clusters; j++) {
            float[] row = centroidRows[j];
            System.arraycopy(row, 0, given, 0, row.length);
            directionless[j] = !UnitRows.normalize(row, width, lanes);
            turned[j] = !compared || !Arrays.equals(row, given);
            for (int c = 0; c < width; c++) {
                centroids[j][c] = row[c];
            }
            Arrays.fill(sums[j], 0);
        }
        Arrays.fill(counts, 0);
        Arrays.fill(labels, -1);
        Arrays.fill(previous, -1);
        settled = false;
    }

    /**
     * Iterates each run until its labels repeat or its centroids rest, then assigns once more. Runs on the same rows go
     * side by side and through the rows together; none sees another.
     *
     * @param runs started runs; their order is lost
     * @param count of them that take part
     */
    static void iterate(
            UnitRows x, LloydRun[] runs, int count, Queries queries, KMeansSettings settings, KMeansTrace trace) {
        int going = count;
        for (int iteration = 0; going > 0; iteration++) {
            queries.clear();
            for (int i = 0; i < going; i++) {
                runs[i].addQueries(queries);
            }
            x.similarities(queries);
            boolean last = iteration == settings.maxIterations();
            int left = 0;
            for (int i = 0; i < going; i++) {
                LloydRun run = runs[i];
                if (!run.advance(last, settings.tolerance(), trace)) {
                    runs[left++] = run;
                }
            }
            going = left;
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
        if (trace != KMeansTrace.NONE) {
            trace.iterated(assigned, flat(centroids), before);
        }
        settled = Arrays.equals(assigned, previous) || angle <= tolerance;
        System.arraycopy(assigned, 0, previous, 0, previous.length);
        return false;
    }

    /** Every row goes to the most similar centroid, the lowest on ties. */
    private void assign() {
        lanes.clear();
        for (int i = 0; i < x.rows(); i++) {
            int best = 0;
            for (int j = 1; j < clusters; j++) {
                if (similarity[j][i] > similarity[best][i]) {
                    best = j;
                }
            }
            assigned[i] = best;
            if (x.isLive(i)) {
                lanes.add(i, 1 - similarity[best][i]);
            }
        }
        inertia = lanes.total();
    }

    /** Asks for the similarities to the centroids that turned; late iterations turn few. */
    private void addQueries(Queries queries) {
        for (int j = 0; j < clusters; j++) {
            if (turned[j]) {
                queries.add(centroidRows[j], similarity[j]);
            }
            turned[j] = false;
        }
    }

    /** Gives each cluster without a live row the row that fits its own centroid worst. */
    private void fillEmptyClusters() {
        Arrays.fill(members, 0);
        for (int i = 0; i < x.rows(); i++) {
            members[assigned[i]] += x.isLive(i) ? 1 : 0;
        }
        boolean any = false;
        for (int j = 0; j < clusters; j++) {
            if (members[j] > 0) {
                continue;
            }
            if (!any) {
                Arrays.fill(moved, false);
                any = true;
            }
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
            x.accumulate(row, -1, sums[from]);
            if (counts[from] == 0) {
                Arrays.fill(sums[from], 0); // no rounding left behind
            }
        }
        counts[to]++;
        turned[to] = true;
        x.accumulate(row, 1, sums[to]);
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
            double norm = norm(j);
            directionless[j] &= norm <= UnitRows.EPS;
            turn(centroids[j], centroidRows[j], sums[j], norm);
            total += 1 - lanes.product(centroids[j], next);
            System.arraycopy(next, 0, centroids[j], 0, width);
        }
        return total;
    }

    /** The next centroid, in fp64 and rounded. */
    private void turn(double[] centroid, float[] rounded, double[] sum, double norm) {
        if (norm > UnitRows.EPS) {
            for (int c = 0; c < width; c++) {
                next[c] = sum[c] / norm;
            }
        } else {
            System.arraycopy(centroid, 0, next, 0, width);
        }
        for (int c = 0; c < width; c++) {
            rounded[c] = (float) next[c];
        }
    }

    private double norm(int cluster) {
        return Math.sqrt(lanes.squares(sums[cluster]));
    }

    /**
     * Moves single rows between clusters while that lengthens the sum of |R_j|, the spherical counterpart of Hartigan and
     * Wong (1979), and sets the centroids to the result.
     */
    void refine(Queries queries) {
        moveToAssigned();
        for (int j = 0; j < clusters; j++) {
            norms[j] = norm(j);
        }
        boolean moving = true;
        for (int pass = 0; pass < MAX_PASSES && moving; pass++) {
            moving = false;
            for (int i = 0; i < x.rows(); i++) {
                if (x.isLive(i) && counts[labels[i]] > 1) {
                    moving |= moveIfBetter(i);
                }
            }
        }
        updateCentroids();
        queries.clear();
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

    private boolean moveIfBetter(int row) {
        int own = labels[row];
        double left = Math.sqrt(Math.max(0, norms[own] * norms[own] - 2 * x.dot(row, sums[own], lanes) + 1));
        double loss = norms[own] - left;
        int best = -1;
        double bestGain = MIN_GAIN;
        for (int j = 0; j < clusters; j++) {
            if (j != own) {
                double grown = Math.sqrt(Math.max(0, norms[j] * norms[j] + 2 * x.dot(row, sums[j], lanes) + 1));
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

    /** [rows]; valid until the next start. */
    int[] labels() {
        return assigned;
    }

    /** The inertia, or NaN if a row had an element that is no number. */
    double total() {
        return x.isFinite() ? inertia : Double.NaN;
    }

    /** Writes the centroids, [K, C]. */
    void centroids(float[] out) {
        for (int j = 0; j < clusters; j++) {
            System.arraycopy(centroidRows[j], 0, out, j * width, width);
        }
    }

    /** Writes the cosines of all rows with all centroids, [rows, K]. */
    void similarities(float[] out) {
        for (int i = 0; i < x.rows(); i++) {
            for (int j = 0; j < clusters; j++) {
                out[i * clusters + j] = (float) similarity[j][i];
            }
        }
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }
}
