package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Convolutions: patch embeddings and necks. */
public class ConvolutionBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "conv2d 1x3x224x224*768x3x16x16 s16.16 p0.0 d1.1 g1 f32-f32",
        "conv2d 1x1x128x204*768x1x16x16 s10.10 p0.0 d1.1 g1 nobias f32-f32",
        "conv2d 1x128x16x16*128x128x3x3 s1.1 p1.1 d1.1 g1 f32-f32",
        "conv2d 1x128x48x64*256x128x3x3 s1.1 p1.1 d1.1 g1 f32-f32",
        "conv2d 1x3x224x224*768x3x16x16 s16.16 p0.0 d1.1 g1 bf16-f32",
        "conv2d 1x1x128x204*768x1x16x16 s10.10 p0.0 d1.1 g1 nobias bf16-f32",
        "conv2d 1x128x16x16*128x128x3x3 s1.1 p1.1 d1.1 g1 bf16-f32",
        "conv2d 1x128x48x64*256x128x3x3 s1.1 p1.1 d1.1 g1 bf16-bf16"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void conv2d() {
        execute();
    }
}
