package dev.earshot.examples;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Segmenters;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.nio.file.Path;

/** The example of the README: one mask per second of a video, as PNG files. */
final class SegmentVideo {
    private SegmentVideo() {}

    static void segment(Path video, Path weights, Path out) {
        // example: begin
        try (Backend backend = Backends.open("auto");
                Segmenter moca = Segmenters.moca(backend, weights);
                Masks masks = moca.segment(Clip.open(video))) {
            for (FrameMask mask : masks) {
                System.out.printf("%.1f s: score %.2f%n", mask.timeSeconds(), mask.score());
                mask.writePng(out.resolve(mask.name()));
            }
        }
        // example: end
    }
}
