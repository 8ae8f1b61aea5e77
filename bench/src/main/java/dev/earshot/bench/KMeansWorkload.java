package dev.earshot.bench;

import dev.earshot.models.Filler;
import dev.earshot.segmentation.moca.Clustering;
import dev.earshot.segmentation.moca.CosineKMeans;
import dev.earshot.segmentation.moca.KMeansSettings;
import java.util.List;
import java.util.Map;

/** Clusters frames of 256 x 1280 features around four directions; bench/peers/kmeans.py makes the same ones. */
final class KMeansWorkload implements Workload {
    static final int ROWS = 256;
    static final int WIDTH = 1280;

    /** Noise per unit of signal; the four clusters stay recognisable, and a run takes several iterations. */
    private static final float NOISE = 2;

    private final int frames;
    private final float[] features;
    private final CosineKMeans kMeans = new CosineKMeans(KMeansSettings.DEFAULT);
    private List<Clustering> clusterings = List.of();

    KMeansWorkload(int frames) {
        this.frames = frames;
        this.features = features(frames);
    }

    static float[] features(int frames) {
        int clusters = KMeansSettings.DEFAULT.clusters();
        float[] centres = Filler.tensor("input.centres", clusters, WIDTH).toFloats();
        float[] features = Filler.tensor("input.features", frames, ROWS, WIDTH).toFloats();
        for (int i = 0; i < features.length; i++) {
            int row = i / WIDTH;
            features[i] = centres[row % clusters * WIDTH + i % WIDTH] + NOISE * features[i];
        }
        return features;
    }

    @Override
    public void run() {
        clusterings = kMeans.cluster(features, frames, ROWS, WIDTH, 0);
    }

    /** For each row the first row of its frame in the same cluster, which does not depend on how clusters are numbered. */
    @Override
    public float[] output() {
        float[] firsts = new float[frames * ROWS];
        for (int frame = 0; frame < frames; frame++) {
            int[] labels = clusterings.get(frame).labels();
            for (int row = 0; row < ROWS; row++) {
                int first = 0;
                while (labels[first] != labels[row]) {
                    first++;
                }
                firsts[frame * ROWS + row] = first;
            }
        }
        return firsts;
    }

    @Override
    public Map<String, Object> facts() {
        return Map.of("java", System.getProperty("java.version"));
    }

    @Override
    public void close() {
        // Heap arrays only.
    }
}
