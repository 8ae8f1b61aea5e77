package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Layer norms over the token rows of the encoders, and their backward op; bound by memory. */
public class LayerNormBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "layerNorm 1x197x768 f32-f32",
        "layerNorm 1x197x768 f32-bf16",
        "layerNorm 1x197x768 bf16-bf16",
        "layerNorm 1x197x768 f32-f32 plain",
        "layerNorm 1x257x1280 f32-f32",
        "layerNorm 1x257x1280 f32-bf16",
        "layerNorm 1x257x1280 bf16-bf16",
        "layerNorm 1x257x1280 f32-f32 plain",
        "layerNorm 1x229x768 f32-f32",
        "layerNorm 1x229x768 f32-bf16",
        "layerNorm 1x229x768 bf16-bf16",
        "layerNorm 1x229x768 f32-f32 plain",
        "layerNormBackward 1x257x1280 f32",
        "layerNormBackward 24x257x1280 f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void layerNorm() {
        execute();
    }
}
