package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Resampling of mask-sized planes to image size; bound by the write. */
public class ResizeBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "resize nearest 1x4x16x16-224x224 f32-f32",
        "resize bilinear 1x4x16x16-224x224 f32-f32",
        "resize bicubic 1x4x16x16-224x224 f32-f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void resize() {
        execute();
    }
}
