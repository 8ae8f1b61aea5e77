package dev.earshot.segmentation.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The outcome on AVSBench S4 or MS3; all figures are fractions.
 *
 * @param scores one entry for each batch size that was asked for, in that order
 * @param videos video by video, in the order of the test set
 */
public record AvsbenchResult(List<BatchedScore> scores, List<VideoScore> videos) {
    public AvsbenchResult {
        scores = List.copyOf(scores);
        videos = List.copyOf(videos);
    }

    /** The figures for the first batch size, the one to report. */
    public BatchedScore reported() {
        return scores.getFirst();
    }

    /** Number of frames. */
    public long frames() {
        return videos.stream().mapToLong(video -> video.frames().size()).sum();
    }

    /** Number of frames in which nothing sounds. */
    public long emptyTargets() {
        return videos.stream().mapToLong(VideoScore::emptyTargets).sum();
    }

    /**
     * The mean over the videos of a class.
     *
     * @param videos how many
     * @param iou mean of the videos' IoU
     * @param f mean of the videos' F, each with its own threshold
     */
    public record CategoryScore(int videos, double iou, double f) {}

    /** Means by class, sorted by name; videos without a class come under the empty name. */
    public Map<String, CategoryScore> byCategory() {
        Map<String, List<VideoScore>> groups = new TreeMap<>();
        for (VideoScore video : videos) {
            groups.computeIfAbsent(video.category(), name -> new ArrayList<>()).add(video);
        }
        Map<String, CategoryScore> means = new LinkedHashMap<>();
        groups.forEach((name, group) -> means.put(
                name,
                new CategoryScore(
                        group.size(),
                        group.stream().mapToDouble(VideoScore::iou).average().orElse(0),
                        group.stream().mapToDouble(VideoScore::f).average().orElse(0))));
        return means;
    }
}
