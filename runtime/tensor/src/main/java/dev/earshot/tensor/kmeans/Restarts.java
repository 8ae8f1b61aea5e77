package dev.earshot.tensor.kmeans;

import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.SplitMix64;

/**
 * Some or all restarts of the clustering of one frame, and their memory, which serves one frame after the other without
 * allocating. For K clusters of rows with C channels a restart holds some 20 K C bytes. One thread at a time.
 */
public final class Restarts {
    private final KMeansSettings settings;
    private final int rows;
    private final int width;
    private final PlusPlus[] choices;
    private final LloydRun[] runs;
    private final LloydRun[] going; // the same, in the order in which they are still iterated
    private final Queries queries;
    private int first;
    private int count;

    /**
     * Memory for as many restarts as {@code settings} ask for.
     *
     * @throws IllegalArgumentException if there are fewer rows than clusters
     */
    public Restarts(KMeansSettings settings, int rows, int width) {
        this(settings, rows, width, settings.restarts());
    }

    private Restarts(KMeansSettings settings, int rows, int width, int capacity) {
        if (rows < settings.clusters()) {
            throw new IllegalArgumentException(
                    "k-means: expected at least as many rows as clusters, got %d rows for %d clusters"
                            .formatted(rows, settings.clusters()));
        }
        this.settings = settings;
        this.rows = rows;
        this.width = width;
        this.choices = new PlusPlus[capacity];
        this.runs = new LloydRun[capacity];
        for (int i = 0; i < capacity; i++) {
            choices[i] = new PlusPlus(rows, settings.clusters());
            runs[i] = new LloydRun(rows, width, settings.clusters());
        }
        this.going = new LloydRun[capacity];
        this.queries = new Queries(Math.multiplyExact(capacity, settings.clusters()), UnitRows.rowsAtATime(rows));
    }

    /** Memory for one restart. */
    static Restarts single(KMeansSettings settings, int rows, int width) {
        return new Restarts(settings, rows, width, 1);
    }

    /**
     * Runs the restarts {@code from} to {@code to - 1} of a frame, side by side.
     *
     * @param frame index of the frame in its clip, part of the seed
     * @throws IllegalArgumentException if the rows are not of the size that the memory was made for
     */
    public void run(UnitRows x, int frame, int from, int to) {
        run(x, frame, from, to, KMeansTrace.NONE);
    }

    void run(UnitRows x, int frame, int from, int to, KMeansTrace trace) {
        check(x);
        first = from;
        count = to - from;
        choose(x, frame);
        for (int i = 0; i < count; i++) {
            trace.started(frame, from + i, choices[i].chosen());
            runs[i].start(x, true);
        }
        finish(x, trace);
        for (int i = 0; i < count; i++) {
            trace.finished(frame, from + i, runs[i].inertia());
        }
    }

    /** One run from given centroids [K, C] in place of k-means++. */
    void run(UnitRows x, float[] start, KMeansTrace trace) {
        check(x);
        if (start.length != settings.clusters() * width) {
            throw new IllegalArgumentException("k-means start: expected %d x %d values, got %d"
                    .formatted(settings.clusters(), width, start.length));
        }
        first = 0;
        count = 1;
        for (int j = 0; j < settings.clusters(); j++) {
            System.arraycopy(start, j * width, runs[0].centroidRow(j), 0, width);
        }
        runs[0].start(x, false);
        finish(x, trace);
    }

    private void check(UnitRows x) {
        if (x.rows() != rows || x.width() != width) {
            throw new IllegalArgumentException(
                    "k-means: expected %d rows of %d channels, for which there is memory, got %d of %d"
                            .formatted(rows, width, x.rows(), x.width()));
        }
    }

    /** k-means++ for all restarts, which go through the rows together; the chosen rows become the centroids. */
    private void choose(UnitRows x, int frame) {
        for (int i = 0; i < count; i++) {
            choices[i].start(new SplitMix64(settings.seed() * 1_000_003L + frame * 1009L + first + i));
        }
        for (int j = 0; j < settings.clusters(); j++) {
            queries.clear();
            for (int i = 0; i < count; i++) {
                float[] centre = runs[i].centroidRow(j);
                x.copyRow(choices[i].take(x, j), centre);
                queries.add(centre, runs[i].similarity(j));
            }
            x.similarities(queries);
            for (int i = 0; i < count; i++) {
                choices[i].weigh(x, runs[i].similarity(j));
            }
        }
    }

    private void finish(UnitRows x, KMeansTrace trace) {
        System.arraycopy(runs, 0, going, 0, count);
        LloydRun.iterate(x, going, count, queries, settings, trace);
        if (settings.hartigan()) {
            for (int i = 0; i < count; i++) {
                runs[i].refine(queries);
            }
        }
    }

    /** Number of the first restart that was run. */
    int first() {
        return first;
    }

    /** Number of restarts that were run. */
    int count() {
        return count;
    }

    /** The i-th of the restarts that were run. */
    LloydRun run(int i) {
        return runs[i];
    }
}
