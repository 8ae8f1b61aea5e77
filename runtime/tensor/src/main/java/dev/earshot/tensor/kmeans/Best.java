package dev.earshot.tensor.kmeans;

import dev.earshot.tensor.KMeansSettings;

/**
 * The best restart of a frame and its results, in memory that serves one frame after the other. One thread at a time.
 */
public final class Best {
    /** A later restart must be better by more than this, so that rounding does not choose. */
    private static final double RESTART_GAIN = 1e-9;

    private final KMeansSettings settings;
    private final int width;
    private final float[] centroids; // [K, C]
    private final float[] similarities; // [rows, K]
    private LloydRun run;
    private int restart;

    /** Memory for the results of {@code settings} on rows of {@code width} channels. */
    public Best(KMeansSettings settings, int rows, int width) {
        this.settings = settings;
        this.width = width;
        this.centroids = new float[Math.multiplyExact(settings.clusters(), width)];
        this.similarities = new float[Math.multiplyExact(rows, settings.clusters())];
    }

    /**
     * Chooses from a frame's finished restarts; of equally good ones the first.
     *
     * @param parts in the order of their restarts, all of the frame
     * @throws IllegalArgumentException if a restart is missing
     */
    public void choose(Restarts... parts) {
        run = null;
        int seen = 0;
        for (Restarts part : parts) {
            for (int i = 0; i < part.count() && part.first() == seen - i; i++) {
                LloydRun candidate = part.run(i);
                if (run == null || candidate.inertia() < run.inertia() - RESTART_GAIN) {
                    run = candidate;
                    restart = seen;
                }
                seen++;
            }
        }
        if (run == null || seen != settings.restarts()) {
            throw new IllegalArgumentException(
                    "k-means: expected %d finished restarts in order, got %d".formatted(settings.restarts(), seen));
        }
        run.centroids(centroids);
        run.similarities(similarities);
    }

    /** [rows]; valid until the memory of its restart is used again. */
    public int[] labels() {
        return run.labels();
    }

    /** [K, C]; valid until the next choice. */
    public float[] centroids() {
        return centroids;
    }

    /** [rows, K]; valid until the next choice. */
    public float[] similarities() {
        return similarities;
    }

    /** See {@link Clustering#inertia}. */
    public double inertia() {
        return run.total();
    }

    /** A copy of the results. */
    Clustering clustering() {
        return new Clustering(
                settings.clusters(),
                width,
                labels().clone(),
                centroids.clone(),
                similarities.clone(),
                inertia(),
                restart);
    }
}
