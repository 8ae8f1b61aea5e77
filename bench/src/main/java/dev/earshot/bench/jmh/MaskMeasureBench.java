package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The masks of 64 prompts measured at the size of a small, a square and a large picture: discs as trained networks give them,
 * of which most tiles are decided by a few logits, and noise, of which none is.
 */
public class MaskMeasureBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "measureMasks 192x256x256 to 1024x1024 cut 1024x1024 to 224x224 discs",
        "measureMasks 192x256x256 to 1024x1024 cut 1024x1024 to 1024x1024 discs",
        "measureMasks 192x256x256 to 1024x1024 cut 576x1024 to 1080x1920 discs",
        "measureMasks 192x256x256 to 1024x1024 cut 1024x1024 to 1024x1024 noise"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call. */
    @Benchmark
    public void measureMasks() {
        execute();
    }
}
