package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Rows of unit length and their backward op; bound by memory. */
public class L2NormalizeBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "l2Normalize 1x256x1280 f32-f32",
        "l2NormalizeBackward 1x257x1280 f32",
        "l2NormalizeBackward 24x257x1280 f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void l2Normalize() {
        execute();
    }
}
