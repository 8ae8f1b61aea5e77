package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Attention with decomposed relative positions: the windowed and the global blocks of Segment Anything's image encoder at 1024
 * x 1024, ViT-B (heads of 64) and ViT-H (heads of 80).
 */
public class GridAttentionBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "gridAttention qkv b25 14x14 h12x64 f32",
        "gridAttention qkv b1 64x64 h12x64 f32",
        "gridAttention qkv b25 14x14 h16x80 f32",
        "gridAttention qkv b1 64x64 h16x80 f32",
        "gridAttention qkv b25 14x14 h12x64 bf16",
        "gridAttention qkv b1 64x64 h12x64 bf16"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void gridAttention() {
        execute();
    }
}
