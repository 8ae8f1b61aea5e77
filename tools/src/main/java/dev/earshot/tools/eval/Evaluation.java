package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BoxBenchmark;
import dev.earshot.segmentation.datasets.BoxClip;
import dev.earshot.segmentation.datasets.EvaluationClip;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Runs a method over a benchmark, clip by clip, in the order of its table: load, segment, keep the masks, score. Memory
 * does not grow with the number of clips but by their scores.
 *
 * @param loader reads clips
 * @param videosPerBatch of the reported F-measure
 */
public record Evaluation(ClipLoader loader, int videosPerBatch) {
    /**
     * Scores masks; on AVSBench-semantic, whose classes no method here predicts, against where any class sounds.
     *
     * @param store keeps the masks; those it has already are not made again
     * @param progress is told after each clip
     */
    public Outcome masks(Benchmark benchmark, Method method, MaskStore store, IntConsumer progress) {
        MaskScores scores = new MaskScores(videosPerBatch);
        for (EvaluationClip clip : benchmark.clips()) {
            LoadedClip loaded = load(clip);
            List<BinaryMask> masks = store.read(loaded).orElseGet(() -> {
                List<BinaryMask> made = method.masks(loaded);
                store.write(clip, made);
                return made;
            });
            scores.add(loaded, masks);
            progress.accept(1);
        }
        return scores.outcome();
    }

    /** Scores maps of cosines against boxes. */
    public Outcome boxes(BoxBenchmark benchmark, Method.Moca method, IntConsumer progress) {
        BoxScores scores = new BoxScores(benchmark.kind());
        for (BoxClip clip : benchmark.clips()) {
            LoadedClip loaded = load(clip);
            scores.add(clip, method.segmenter().localise(loaded.frames().getFirst()));
            progress.accept(1);
        }
        return scores.outcome();
    }

    private LoadedClip load(EvaluationClip clip) {
        try {
            return loader.load(clip);
        } catch (MediaException e) {
            throw new DamagedClipException(clip.id(), e);
        }
    }
}
