package dev.earshot.tools.parity.kinds;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.segmentation.metrics.AvsbenchResult;
import dev.earshot.segmentation.metrics.BatchedScore;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.metrics.FrameScore;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The papers' metrics. */
public final class MetricKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS =
            Map.of("metrics.avsbench", KindRunner.onHost(MetricKinds::avsbench));

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

    private static void putIfWanted(GoldenCase golden, Map<String, HostTensor> results, String name, double... values) {
        if (golden.has(name)) {
            results.put(name, HostTensors.of(values, values.length));
        }
    }
}
