package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Softmax over attention scores, and its backward op; bound by memory. */
public class SoftmaxBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "softmax 12x197x197 scale0.125 f32-f32",
        "softmax 16x257x257 scale0.111803 f32-bf16",
        "softmaxBackward 24x257x128 f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void softmax() {
        execute();
    }
}
