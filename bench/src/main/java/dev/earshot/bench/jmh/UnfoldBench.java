package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Images to rows of patches; bound by memory. */
public class UnfoldBench extends OpBench {
    /** Rows of the op table. */
    @Param({"unfold 1x3x224x224 k14 s14 f32-f32", "unfold 1x1x128x204 k16 s10 f32-bf16"})
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void unfold() {
        execute();
    }
}
