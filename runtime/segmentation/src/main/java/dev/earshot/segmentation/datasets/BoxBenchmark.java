package dev.earshot.segmentation.datasets;

import java.util.List;

/** A benchmark of single pictures whose targets are boxes: VGG-SS and Extended VGG-SS. */
public record BoxBenchmark(Source source, List<BoxClip> clips) implements Benchmark {
    public BoxBenchmark {
        clips = List.copyOf(clips);
    }
}
