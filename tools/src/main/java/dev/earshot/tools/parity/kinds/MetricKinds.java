package dev.earshot.tools.parity.kinds;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.segmentation.metrics.AvsbenchResult;
import dev.earshot.segmentation.metrics.BatchedScore;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.metrics.FrameScore;
import dev.earshot.segmentation.metrics.LabelMap;
import dev.earshot.segmentation.metrics.SemanticMetric;
import dev.earshot.segmentation.metrics.SemanticResult;
import dev.earshot.segmentation.metrics.SemanticResult.ClassScore;
import dev.earshot.segmentation.metrics.SemanticSettings;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The papers' metrics. */
public final class MetricKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "metrics.avsbench", KindRunner.onHost(MetricKinds::avsbench),
            "metrics.avss", KindRunner.onHost(MetricKinds::avss),
            "metrics.vggss", KindRunner.onHost(LocalizationKinds::vggss),
            "metrics.ext_vggss", KindRunner.onHost(LocalizationKinds::extendedVggss));

    private static final int[] BATCH_SIZES = {4, 1, AvsbenchMetric.ALL_VIDEOS};

    private MetricKinds() {}

    private static Map<String, HostTensor> avsbench(GoldenCase golden) {
        int width = golden.intOption("W");
        int height = golden.intOption("H");
        int videos = golden.intOption("videos");
        int frames = golden.intOption("frames_per_video");
        float[] logits = golden.input("logits").toFloats();
        byte[] target = HostTensors.toBytes(golden.input("target"));
        Map<String, HostTensor> results = new LinkedHashMap<>();
        for (String variant : List.of("logits", "binary01", "binary_pm20")) {
            AvsbenchMetric metric = new AvsbenchMetric(BATCH_SIZES);
            for (int v = 0; v < videos; v++) {
                List<FramePrediction> predictions = new ArrayList<>();
                List<BinaryMask> targets = new ArrayList<>();
                for (int k = 0; k < frames; k++) {
                    int from = (v * frames + k) * width * height;
                    int to = from + width * height;
                    predictions.add(prediction(variant, width, height, Arrays.copyOfRange(logits, from, to)));
                    targets.add(BinaryMask.of(width, height, Arrays.copyOfRange(target, from, to)));
                }
                metric.add("video " + v, "", predictions, targets);
            }
            put(golden, results, variant, metric.result());
        }
        return results;
    }

    private static FramePrediction prediction(String variant, int width, int height, float[] logits) {
        FramePrediction.Logits real = new FramePrediction.Logits(width, height, logits);
        if (variant.equals("logits")) {
            return real;
        }
        byte[] mask = new byte[logits.length];
        float[] zeroOne = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            mask[i] = (byte) (logits[i] > 0 ? 1 : 0);
            zeroOne[i] = mask[i];
        }
        return variant.equals("binary01")
                ? new FramePrediction.Logits(width, height, zeroOne)
                : new FramePrediction.Mask(BinaryMask.of(width, height, mask));
    }

    private static void put(GoldenCase golden, Map<String, HostTensor> results, String variant, AvsbenchResult result) {
        if (variant.equals("logits")) {
            double[] iou = result.videos().stream()
                    .flatMap(video -> video.frames().stream())
                    .mapToDouble(FrameScore::iou)
                    .toArray();
            results.put("expected.frame_iou", HostTensors.of(iou, iou.length));
        }
        for (BatchedScore score : result.scores()) {
            String size = score.videosPerBatch() == AvsbenchMetric.ALL_VIDEOS ? "all" : "bs" + score.videosPerBatch();
            String prefix = "expected." + variant + "." + size + ".";
            putIfWanted(golden, results, prefix + "miou", score.miou());
            putIfWanted(golden, results, prefix + "fscore", score.fscore());
            putIfWanted(
                    golden,
                    results,
                    prefix + "batch_iou",
                    score.batches().stream()
                            .mapToDouble(BatchedScore.Batch::iou)
                            .toArray());
            putIfWanted(
                    golden,
                    results,
                    prefix + "batch_f",
                    score.batches().stream().mapToDouble(BatchedScore.Batch::f).toArray());
        }
    }

    private static Map<String, HostTensor> avss(GoldenCase golden) {
        int width = golden.intOption("W");
        int height = golden.intOption("H");
        int classes = golden.intOption("classes");
        int frames = golden.intOption("frames_per_video");
        float[] logits = golden.input("logits").toFloats();
        byte[] labels = HostTensors.toBytes(golden.input("target"));
        int pixels = width * height;
        SemanticMetric metric =
                new SemanticMetric(new SemanticSettings(classes, frames, SemanticSettings.Padded.COUNT));
        byte[] predicted = new byte[labels.length];
        for (int v = 0; v < golden.intOption("videos"); v++) {
            List<LabelMap> predictions = new ArrayList<>();
            List<LabelMap> targets = new ArrayList<>();
            for (int i = v * frames; i < (v + 1) * frames; i++) {
                float[] frame = Arrays.copyOfRange(logits, i * classes * pixels, (i + 1) * classes * pixels);
                LabelMap map = LabelMap.argMax(frame, classes, width, height);
                System.arraycopy(map.labels(), 0, predicted, i * pixels, pixels);
                predictions.add(map);
                targets.add(new LabelMap(width, height, Arrays.copyOfRange(labels, i * pixels, (i + 1) * pixels)));
            }
            metric.add("video " + v, "", predictions, targets);
        }
        Map<String, HostTensor> results = new LinkedHashMap<>();
        results.put("expected.pred_label", HostTensors.of(predicted, labels.length / pixels, height, width));
        put(golden, results, metric.result());
        return results;
    }

    private static void put(GoldenCase golden, Map<String, HostTensor> results, SemanticResult result) {
        List<ClassScore> classes = result.classes();
        putIfWanted(golden, results, "expected.count", doubles(classes, ClassScore::count));
        putIfWanted(golden, results, "expected.iou_sum", doubles(classes, ClassScore::iouSum));
        putIfWanted(golden, results, "expected.f_sum", doubles(classes, ClassScore::fSum));
        putIfWanted(golden, results, "expected.class_iou", doubles(classes, ClassScore::iou));
        putIfWanted(golden, results, "expected.class_f", doubles(classes, ClassScore::f));
        putMeans(golden, results, "", result.all());
        putMeans(golden, results, "_foreground", result.foreground());
        putMeans(golden, results, "_present", result.present());
        putMeans(golden, results, "_script_noBg", result.scriptNoBg());
    }

    private static void putMeans(
            GoldenCase golden, Map<String, HostTensor> results, String suffix, SemanticResult.Means means) {
        putIfWanted(golden, results, "expected.miou" + suffix, means.miou());
        putIfWanted(golden, results, "expected.fscore" + suffix, means.fscore());
    }

    private static double[] doubles(List<ClassScore> classes, ToDoubleFunction<ClassScore> figure) {
        return classes.stream().mapToDouble(figure).toArray();
    }

    static void putIfWanted(GoldenCase golden, Map<String, HostTensor> results, String name, double... values) {
        if (golden.has(name)) {
            results.put(name, HostTensors.of(values, values.length));
        }
    }
}
