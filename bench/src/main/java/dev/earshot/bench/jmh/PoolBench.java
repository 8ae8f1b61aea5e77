package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Pooling of a feature map; bound by memory. */
public class PoolBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "pool2d max 1x64x96x64 k2 s2 p0 f32-f32",
        "pool2d average 1x64x96x64 k2 s2 p0 f32-f32",
        "pool2d average_excluding_padding 1x64x96x64 k2 s2 p0 f32-f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void pool2d() {
        execute();
    }
}
