package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.datasets.PaperResults;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.segmentation.metrics.AvsbenchResult;
import dev.earshot.segmentation.metrics.BatchedScore;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.metrics.FrameScore;
import dev.earshot.segmentation.metrics.VideoScore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Scores binary masks as AVSBench does, clip by clip. */
public final class MaskScores {
    private final AvsbenchMetric metric;

    /** F of the reported figure has one threshold for so many videos; one video at a time is scored beside it. */
    public MaskScores(int videosPerBatch) {
        metric = videosPerBatch == 1 ? new AvsbenchMetric(1) : new AvsbenchMetric(videosPerBatch, 1);
    }

    /** Adds a clip; masks beyond the targets (clips whose first frame only is annotated) do not count. */
    public VideoScore add(LoadedClip clip, List<BinaryMask> masks) {
        List<FramePrediction.Mask> predictions = new ArrayList<>();
        for (int k = 0; k < clip.targets().size(); k++) {
            BinaryMask target = clip.targets().get(k);
            predictions.add(new FramePrediction.Mask(masks.get(k)).resized(target.width(), target.height()));
        }
        return metric.add(clip.clip().id(), clip.clip().category(), predictions, clip.targets());
    }

    /** The result over all clips so far. */
    public Outcome outcome() {
        AvsbenchResult result = metric.result();
        Map<String, Double> headline = new LinkedHashMap<>();
        headline.put(PaperResults.MIOU, result.reported().miou());
        headline.put(PaperResults.FSCORE, result.reported().fscore());
        Table classes = Table.of("Means by class", "class", "videos", "iou", "f");
        result.byCategory().forEach((name, mean) -> classes.add(name, mean.videos(), mean.iou(), mean.f()));
        Table clips = Table.of("Clip by clip", "video", "class", "frames", "empty_targets", "empty_masks", "iou", "f");
        List<Double> scores = new ArrayList<>();
        List<Outcome.FrameIou> frames = new ArrayList<>();
        for (VideoScore video : result.videos()) {
            long emptyMasks =
                    video.frames().stream().filter(f -> f.predictedArea() == 0).count();
            clips.add(
                    video.id(),
                    video.category(),
                    video.frames().size(),
                    video.emptyTargets(),
                    emptyMasks,
                    video.iou(),
                    video.f());
            scores.add(video.iou());
            video.frames().forEach(f -> frames.add(new Outcome.FrameIou(f.iou(), f.emptyTarget())));
        }
        return new Outcome(headline, more(result), classes, clips, scores, frames);
    }

    private static Map<String, Object> more(AvsbenchResult result) {
        Map<String, Object> more = new LinkedHashMap<>();
        more.put("miouStandardError", standardError(result.videos()));
        List<FrameScore> frames =
                result.videos().stream().flatMap(v -> v.frames().stream()).toList();
        List<FrameScore> sounding =
                frames.stream().filter(f -> !f.emptyTarget()).toList();
        List<FrameScore> silent =
                frames.stream().filter(FrameScore::emptyTarget).toList();
        more.put(
                "miouOfSoundingFrames",
                sounding.stream().mapToDouble(FrameScore::iou).average().orElse(0));
        more.put("frames", result.frames());
        more.put("emptyTargets", result.emptyTargets());
        more.put(
                "emptyTargetsWithEmptyMask",
                silent.stream().filter(f -> f.predictedArea() == 0).count());
        List<Map<String, Object>> batches = new ArrayList<>();
        for (BatchedScore score : result.scores()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("videosPerBatch", score.videosPerBatch());
            one.put("batches", score.batches().size());
            one.put("miou", score.miou());
            one.put("fscore", score.fscore());
            batches.add(one);
        }
        more.put("byBatchSize", batches);
        return more;
    }

    /** Of the mean over videos: frames of one video are alike, so they count once. */
    private static double standardError(List<VideoScore> videos) {
        int n = videos.size();
        double mean = videos.stream().mapToDouble(VideoScore::iou).average().orElse(0);
        double squares = videos.stream()
                .mapToDouble(v -> (v.iou() - mean) * (v.iou() - mean))
                .sum();
        return n < 2 ? 0 : Math.sqrt(squares / (n - 1) / n);
    }
}
