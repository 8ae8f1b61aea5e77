package dev.earshot.tools.eval;

import dev.earshot.segmentation.datasets.BenchmarkKind;
import dev.earshot.segmentation.datasets.BoxClip;
import dev.earshot.segmentation.datasets.PaperResults;
import dev.earshot.segmentation.metrics.Box;
import dev.earshot.segmentation.metrics.ExtendedVggSsMetric;
import dev.earshot.segmentation.metrics.ExtendedVggSsResult;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.metrics.LocalizationSample;
import dev.earshot.segmentation.metrics.VggSsMetric;
import dev.earshot.segmentation.metrics.VggSsResult;
import dev.earshot.segmentation.moca.SoundMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Scores maps of cosines on VGG-SS and its extension. MoCA's papers say nothing about these benchmarks: the map is the
 * cosine between each joint-space token and the sound, without clusters. The IoU of the masks is given beside it.
 */
public final class BoxScores {
    private static final int SIDE = ResizeMode.SIDE;

    private final BenchmarkKind kind;
    private final VggSsMetric plain = new VggSsMetric();
    private final ExtendedVggSsMetric extended = new ExtendedVggSsMetric();
    private final List<Double> maskIou = new ArrayList<>();

    public BoxScores(BenchmarkKind kind) {
        this.kind = kind;
    }

    /** Adds a sample. */
    public LocalizationSample add(BoxClip clip, SoundMap map) {
        FramePrediction.Mask mask = new FramePrediction.Mask(map.outline().mask()).resized(SIDE, SIDE);
        if (!clip.boxes().isEmpty()) {
            maskIou.add(mask.mask().iou(Box.union(clip.boxes(), SIDE)));
        }
        return kind == BenchmarkKind.VGGSS
                ? plain.add(clip.id(), clip.category(), map.cosines(), clip.boxes())
                : extended.add(clip.id(), clip.category(), map.cosines(), clip.boxes());
    }

    /** The result over all samples so far. */
    public Outcome outcome() {
        Map<String, Double> headline = new LinkedHashMap<>();
        Map<String, Object> more = new LinkedHashMap<>();
        List<LocalizationSample> samples;
        if (kind == BenchmarkKind.VGGSS) {
            VggSsResult result = plain.result();
            headline.put(PaperResults.CIOU, result.ap50());
            headline.put(PaperResults.AUC, result.auc());
            more.put("meanCiou", result.meanCiou());
            samples = result.samples();
        } else {
            ExtendedVggSsResult result = extended.result();
            headline.put(PaperResults.AP, result.averagePrecision());
            headline.put(PaperResults.MAX_F1, result.maxF1());
            more.put("f1AtConfidenceHalf", result.f1AtConfidenceHalf());
            more.put("precisionAt50", result.precisionAt50());
            more.put("subsets", result.figures().stream().map(BoxScores::words).toList());
            samples = result.samples();
        }
        more.put("meanMaskIou", maskIou.stream().mapToDouble(x -> x).average().orElse(0));
        return new Outcome(headline, more, classes(samples), clips(samples), scores(samples), frames(samples));
    }

    private static Map<String, Object> words(ExtendedVggSsResult.SubsetFigures figures) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("subset", figures.subset().name().toLowerCase(java.util.Locale.ROOT));
        words.put("ciouThreshold", figures.ciouThreshold());
        words.put("samples", figures.samples());
        words.put("precision", figures.precision());
        words.put("ap", figures.averagePrecision());
        words.put("auc", figures.auc());
        words.put("maxF1", figures.maxF1());
        return words;
    }

    private static Table classes(List<LocalizationSample> samples) {
        Map<String, List<LocalizationSample>> groups = new TreeMap<>();
        samples.forEach(s ->
                groups.computeIfAbsent(s.category(), _ -> new ArrayList<>()).add(s));
        Table table = Table.of("Means by class", "class", "videos", "ciou", "share_above_half");
        groups.forEach((name, group) -> table.add(
                name,
                group.size(),
                group.stream().mapToDouble(LocalizationSample::ciou).average().orElse(0),
                (double) group.stream().filter(s -> s.ciou() >= 0.5).count() / group.size()));
        return table;
    }

    private static Table clips(List<LocalizationSample> samples) {
        Table table = Table.of("Sample by sample", "video", "class", "boxes", "ciou", "confidence");
        samples.forEach(s -> table.add(s.id(), s.category(), s.boxes(), s.ciou(), s.confidence()));
        return table;
    }

    private static List<Double> scores(List<LocalizationSample> samples) {
        return samples.stream().map(LocalizationSample::ciou).toList();
    }

    private static List<Outcome.FrameIou> frames(List<LocalizationSample> samples) {
        return samples.stream()
                .map(s -> new Outcome.FrameIou(s.ciou(), s.boxes() == 0))
                .toList();
    }
}
