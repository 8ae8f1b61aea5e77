package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Pixel matching of eight anchors with a positive and a negative each at ImageBind's size; scanlines are bound by memory. */
public class PixelMatchingBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "pixelMatching 8x16x16x1280 scanline w1 image l1.0,1.0 f32 against 2",
        "pixelMatching 8x16x16x1280 scanline w3 image l1.0,1.0 f32 against 2",
        "pixelMatching 8x16x16x1280 search_2d reach15,15 w1 image l1.0,1.0 f32 against 2",
        "pixelMatchingBackward 8x16x16x1280 scanline w1 image l1.0,1.0 f32 against 2",
        "pixelMatchingBackward 8x16x16x1280 scanline w3 image l1.0,1.0 f32 against 2",
        "pixelMatchingBackward 8x16x16x1280 search_2d reach15,15 w1 image l1.0,1.0 f32 against 2"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void pixelMatching() {
        execute();
    }
}
