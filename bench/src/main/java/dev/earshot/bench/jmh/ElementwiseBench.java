package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Elementwise ops at the sizes of the adapters' training step and of a ViT-B; bound by memory. */
public class ElementwiseBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "unary gelu 197x3072 f32-f32",
        "unaryBackward gelu 24x257x5120 f32",
        "binary add 24x257x1280.24x257x1280 f32-f32",
        "binary add 24x257x1280.1280 f32-f32",
        "copy 24x257x1280-24x257x1280 f32-bf16",
        "copy 24x257x1280-24x257x1280 f32-f32 transposed",
        "fill 24x257x1280 f32",
        "accumulate 24x257x1280-24x257x1280 f32",
        "accumulateProduct 24x257x1280.1-24x257x1280 f32",
        "adam 1314840",
        "normalizeImage 24x224x224x3 u8-bf16"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void elementwise() {
        execute();
    }
}
