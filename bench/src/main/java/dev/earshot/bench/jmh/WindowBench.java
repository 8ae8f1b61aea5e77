package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Grids of tokens to windows and back; bound by memory. */
public class WindowBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "partitionWindows 1x64x64x2304 by 14 f32-f32",
        "mergeWindows 1x64x64x768 by 14 f32-f32",
        "partitionWindows 1x64x64x2304 by 14 bf16-bf16",
        "mergeWindows 1x64x64x768 by 14 bf16-bf16"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void windows() {
        execute();
    }
}
