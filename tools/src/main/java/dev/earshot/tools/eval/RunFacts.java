package dev.earshot.tools.eval;

import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BenchmarkKind;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.tools.segment.WeightHashes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a result came about.
 *
 * @param command as typed
 * @param date of the run, ISO 8601
 * @param settings of the method
 * @param weights with their hashes; none for stored predictions
 * @param weightsNote in a few words
 * @param device what it ran on
 * @param versions of Earshot and its libraries
 * @param seconds the run took
 */
public record RunFacts(
        String command,
        String date,
        Map<String, String> settings,
        List<WeightHashes.WeightFile> weights,
        String weightsNote,
        String device,
        Map<String, String> versions,
        double seconds) {
    /** How the benchmark was scored. */
    public static Map<String, String> scoring(Benchmark benchmark, ResizeMode resize, int videosPerBatch) {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("resizeMode", resize.name().toLowerCase(java.util.Locale.ROOT) + " (" + resize.words() + ")");
        if (benchmark.kind() == BenchmarkKind.VGGSS || benchmark.kind() == BenchmarkKind.EXTENDED_VGGSS) {
            words.put("map", "cosine of each joint-space token with the middle second of sound");
            words.put(
                    "threshold",
                    benchmark.kind() == BenchmarkKind.VGGSS
                            ? "the map's median at 224 x 224, cIoU >= 0.5, AUC over 21 thresholds"
                            : "score >= 0.5 with tau 0.03, cIoU >= 0.5, confidence = mean of the upper quarter");
            words.put(
                    "emptyMaskPolicy",
                    "empty against empty counts as cIoU 0; a silent second has the map -1 everywhere");
        } else {
            words.put("videosPerBatch", String.valueOf(videosPerBatch));
            words.put(
                    "threshold",
                    "masks are binary (logits -20 and +20, cut at 0); F: 255 thresholds i/254, beta^2 0.3");
            words.put("emptyMaskPolicy", AvsbenchMetric.EMPTY_TARGET_POLICY);
            if (benchmark.kind() == BenchmarkKind.AVSS) {
                words.put("classes", "none are predicted; scored is where any class sounds");
            }
        }
        return words;
    }
}
