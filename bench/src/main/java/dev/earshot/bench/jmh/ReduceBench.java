package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Reductions along rows, along columns and to a single number; bound by memory. */
public class ReduceBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "reduce sum 1x256x1280 axis1 f32-f32",
        "reduce log_sum_exp 1x256x1280 axis1 f32-f32",
        "argmax 256x16 f32",
        "accumulate 24x257x1280-1280 f32",
        "accumulateProduct 24x257x1280.24x257x1280-1 f32",
        "reduceBackward log_sum_exp 8x256x64 axis1 f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void reduce() {
        execute();
    }
}
