package dev.earshot.tensor.kmeans;

import dev.earshot.tensor.KMeansSettings;

/**
 * k-means by cosine: rows are scaled to length 1, a centroid is the direction of its members' sum, the distance is
 * 1 - cosine. Starting points by k-means++ (on the sphere 1 - cosine is half the squared distance, so its weights are the
 * usual ones), several restarts, optionally Hartigan's refinement. Data in fp32, sums and decisions in fp64.
 *
 * <p>Stateless and safe for several threads: every call allocates what it needs. Whoever clusters many frames keeps
 * {@link UnitRows}, {@link Restarts} and {@link Best} instead.
 *
 * @param settings how to cluster
 */
public record CosineKMeans(KMeansSettings settings) {
    /**
     * The clusters of one frame's rows.
     *
     * @param frame index of the frame in its clip, part of the seed
     * @param trace watches every run
     */
    public Clustering cluster(UnitRows x, int frame, KMeansTrace trace) {
        Restarts[] parts;
        if (trace == KMeansTrace.NONE) {
            parts = new Restarts[] {new Restarts(settings, x.rows(), x.width())};
            parts[0].run(x, frame, 0, settings.restarts());
        } else { // a trace is told of one run after the other
            parts = new Restarts[settings.restarts()];
            for (int restart = 0; restart < parts.length; restart++) {
                parts[restart] = Restarts.single(settings, x.rows(), x.width());
                parts[restart].run(x, frame, restart, restart + 1, trace);
            }
        }
        Best best = new Best(settings, x.rows(), x.width());
        best.choose(parts);
        return best.clustering();
    }

    /** One run from given centroids [K, width] in place of k-means++. */
    public Clustering cluster(UnitRows x, float[] start, KMeansTrace trace) {
        Restarts one = Restarts.single(settings, x.rows(), x.width());
        one.run(x, start, trace);
        KMeansSettings once = new KMeansSettings(
                settings.clusters(),
                1,
                settings.seed(),
                settings.maxIterations(),
                settings.tolerance(),
                settings.hartigan());
        Best best = new Best(once, x.rows(), x.width());
        best.choose(one);
        return best.clustering();
    }
}
