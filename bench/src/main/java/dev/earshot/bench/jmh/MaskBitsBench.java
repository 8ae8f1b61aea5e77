package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** 576 masks of a small and of a square picture, a bit per pixel; see {@link MaskMeasureBench}. */
public class MaskBitsBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "maskBits 192x256x256 to 1024x1024 cut 1024x1024 to 224x224 discs",
        "maskBits 192x256x256 to 1024x1024 cut 1024x1024 to 1024x1024 discs",
        "maskBits 192x256x256 to 1024x1024 cut 1024x1024 to 1024x1024 noise"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call. */
    @Benchmark
    public void maskBits() {
        execute();
    }
}
