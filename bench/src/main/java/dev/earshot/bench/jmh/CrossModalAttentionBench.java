package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The fusing attention of an audio-visual adapter, and its backward op; bound by memory, small batches by the launches. */
public class CrossModalAttentionBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "crossModalAttention 8x257x32 m4",
        "crossModalAttention 24x257x32 m4",
        "crossModalAttention 24x257x64 m8",
        "crossModalAttentionBackward 8x257x32 m4",
        "crossModalAttentionBackward 24x257x32 m4",
        "crossModalAttentionBackward 24x257x64 m8"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void crossModalAttention() {
        execute();
    }
}
