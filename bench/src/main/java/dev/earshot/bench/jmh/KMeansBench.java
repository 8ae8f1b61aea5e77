package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Cosine k-means of frames of 256 x 1280 features as the pipeline runs it (4 clusters, 4 restarts until the labels rest), and
 * 20 iterations over one large set of rows. The rows have no clusters to find, so runs take more iterations than those of
 * {@code KMeansWorkload}.
 */
public class KMeansBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "cosineKMeans 1x256x1280 k4 restarts4 iterations100",
        "cosineKMeans 5x256x1280 k4 restarts4 iterations100",
        "cosineKMeans 1x4096x1024 k64 restarts1 iterations20"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** Features to labels, all on the device. */
    @Benchmark
    public void cosineKMeans() {
        execute();
    }
}
