package dev.earshot.segmentation.datasets;

import java.util.List;

/** A benchmark whose targets are binary masks: AVSBench S4 and MS3. */
public record MaskBenchmark(Source source, List<MaskClip> clips) implements Benchmark {
    public MaskBenchmark {
        clips = List.copyOf(clips);
    }
}
