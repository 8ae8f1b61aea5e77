package dev.earshot.segmentation.datasets;

import java.util.List;

/**
 * A benchmark whose targets name the class of every pixel: AVSBench-semantic.
 *
 * @param classes its classes; the background is number 0
 */
public record LabelBenchmark(Source source, ClassTable classes, List<LabelClip> clips) implements Benchmark {
    public LabelBenchmark {
        clips = List.copyOf(clips);
    }
}
