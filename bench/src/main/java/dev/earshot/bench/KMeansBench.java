package dev.earshot.bench;

import dev.earshot.segmentation.moca.Clustering;
import dev.earshot.segmentation.moca.CosineKMeans;
import dev.earshot.segmentation.moca.KMeansSettings;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Cosine k-means of frames of 256 x 1280 features with 4 clusters and 4 restarts, as the pipeline runs it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KMeansBench {
    /** Frames per call. */
    @Param({"1", "16"})
    public int frames;

    private final CosineKMeans kMeans = new CosineKMeans(KMeansSettings.DEFAULT);
    private float[] features;

    /** Makes the features of {@link KMeansWorkload}. */
    @Setup
    public void prepare() {
        features = KMeansWorkload.features(frames);
    }

    /** Start to labels. */
    @Benchmark
    public List<Clustering> cluster() {
        return kMeans.cluster(features, frames, KMeansWorkload.ROWS, KMeansWorkload.WIDTH, 0);
    }
}
