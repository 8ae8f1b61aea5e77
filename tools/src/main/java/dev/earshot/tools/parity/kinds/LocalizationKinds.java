package dev.earshot.tools.parity.kinds;

import dev.earshot.segmentation.metrics.Box;
import dev.earshot.segmentation.metrics.ExtendedVggSsMetric;
import dev.earshot.segmentation.metrics.ExtendedVggSsResult;
import dev.earshot.segmentation.metrics.ExtendedVggSsResult.SubsetFigures;
import dev.earshot.segmentation.metrics.ExtendedVggSsSettings;
import dev.earshot.segmentation.metrics.HeatMap;
import dev.earshot.segmentation.metrics.HeatMap.Resize;
import dev.earshot.segmentation.metrics.LocalizationSample;
import dev.earshot.segmentation.metrics.LocalizationSettings;
import dev.earshot.segmentation.metrics.VggSsMetric;
import dev.earshot.segmentation.metrics.VggSsResult;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tools.parity.GoldenCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** VGG-SS and its extended form. */
final class LocalizationKinds {
    private static final int BOXES = 10; // rows of the box tensors, the unused ones all -1

    private LocalizationKinds() {}

    static Map<String, HostTensor> vggss(GoldenCase golden) {
        int side = golden.intOption("size");
        checkOption(golden, "pred_size", 0.5);
        List<HeatMap> maps = maps(golden);
        VggSsMetric metric = new VggSsMetric(new LocalizationSettings(side, Resize.BILINEAR_CORNERS, false));
        VggSsMetric strict = new VggSsMetric(new LocalizationSettings(side, Resize.BILINEAR_CORNERS, true));
        double[] thresholds = new double[maps.size()];
        for (int i = 0; i < maps.size(); i++) {
            List<Box> boxes = boxes(golden, i);
            metric.add("sample " + i, "", maps.get(i), boxes);
            strict.add("sample " + i, "", maps.get(i), boxes);
            thresholds[i] = metric.threshold(maps.get(i));
        }
        Map<String, HostTensor> results = new LinkedHashMap<>();
        MetricKinds.putIfWanted(golden, results, "expected.threshold", thresholds);
        MetricKinds.putIfWanted(
                golden,
                results,
                "expected.gt_area",
                doubles(metric.result().samples(), LocalizationSample::targetArea));
        put(golden, results, "expected.", metric.result());
        put(golden, results, "expected.strict.", strict.result());
        return results;
    }

    private static void put(GoldenCase golden, Map<String, HostTensor> results, String prefix, VggSsResult result) {
        MetricKinds.putIfWanted(golden, results, prefix + "ciou", doubles(result.samples(), LocalizationSample::ciou));
        MetricKinds.putIfWanted(golden, results, prefix + "ap50", result.ap50());
        MetricKinds.putIfWanted(golden, results, prefix + "mean_ciou", result.meanCiou());
        MetricKinds.putIfWanted(golden, results, prefix + "auc", result.auc());
    }

    static Map<String, HostTensor> extendedVggss(GoldenCase golden) {
        checkOption(golden, "pred_size", 0.5);
        ExtendedVggSsMetric metric = new ExtendedVggSsMetric(new ExtendedVggSsSettings(
                golden.intOption("size"),
                golden.numberOption("tau"),
                golden.numberOption("pred_thr"),
                golden.config().path("relative_prediction").asBoolean(),
                Resize.BICUBIC_CORNERS));
        List<HeatMap> maps = maps(golden);
        for (int i = 0; i < maps.size(); i++) {
            metric.add("sample " + i, "", maps.get(i), boxes(golden, i));
        }
        Map<String, HostTensor> results = new LinkedHashMap<>();
        List<LocalizationSample> samples = metric.result().samples();
        results.put(
                "expected.num_boxes",
                HostTensors.of(
                        samples.stream().mapToInt(LocalizationSample::boxes).toArray(), samples.size()));
        MetricKinds.putIfWanted(golden, results, "expected.ciou", doubles(samples, LocalizationKinds::ciouOrMinusOne));
        MetricKinds.putIfWanted(
                golden, results, "expected.confidence", doubles(samples, LocalizationSample::confidence));
        MetricKinds.putIfWanted(golden, results, "expected.area", doubles(samples, LocalizationSample::targetArea));
        put(golden, results, "expected.maps.", metric.result());
        put(golden, results, "expected.list.", listStatistics(golden));
        return results;
    }

    /** The golden marks 0/0 by -1. */
    private static double ciouOrMinusOne(LocalizationSample sample) {
        return sample.targetArea() == 0 && sample.maskArea() == 0 ? -1 : sample.ciou();
    }

    private static ExtendedVggSsResult listStatistics(GoldenCase golden) {
        int[] boxes = HostTensors.toInts(golden.input("list.num_boxes"));
        float[] ciou = golden.input("list.ciou").toFloats();
        float[] confidence = golden.input("list.confidence").toFloats();
        float[] area = golden.input("list.area").toFloats();
        ExtendedVggSsMetric metric = new ExtendedVggSsMetric();
        for (int i = 0; i < boxes.length; i++) {
            metric.add(new LocalizationSample(
                    "row " + i, "", boxes[i], ciou[i], confidence[i], (long) area[i], (long) area[i]));
        }
        return metric.result();
    }

    private static void put(
            GoldenCase golden, Map<String, HostTensor> results, String prefix, ExtendedVggSsResult result) {
        for (SubsetFigures figures : result.figures()) {
            String name = prefix + figures.subset().name().toLowerCase(Locale.ROOT) + "@"
                    + Math.round(100 * figures.ciouThreshold()) + ".";
            MetricKinds.putIfWanted(golden, results, name + "precision", figures.precision());
            MetricKinds.putIfWanted(golden, results, name + "ap", figures.averagePrecision());
            MetricKinds.putIfWanted(golden, results, name + "auc", figures.auc());
            MetricKinds.putIfWanted(golden, results, name + "max_f1", figures.maxF1());
            MetricKinds.putIfWanted(
                    golden,
                    results,
                    name + "f1_curve",
                    figures.f1Curve().stream().mapToDouble(x -> x).toArray());
        }
        MetricKinds.putIfWanted(golden, results, prefix + "f1_at_conf_0.5", result.f1AtConfidenceHalf());
        MetricKinds.putIfWanted(golden, results, prefix + "precision_at_50", result.precisionAt50());
    }

    private static void checkOption(GoldenCase golden, String option, double built) {
        if (golden.numberOption(option) != built) {
            throw new IllegalArgumentException("%s: only %s = %s is built".formatted(golden.kind(), option, built));
        }
    }

    private static List<HeatMap> maps(GoldenCase golden) {
        int grid = golden.intOption("grid");
        float[] values = golden.input("heatmap").toFloats();
        List<HeatMap> maps = new ArrayList<>();
        for (int i = 0; i < golden.intOption("n"); i++) {
            maps.add(new HeatMap(grid, grid, Arrays.copyOfRange(values, i * grid * grid, (i + 1) * grid * grid)));
        }
        return maps;
    }

    private static List<Box> boxes(GoldenCase golden, int sample) {
        float[] values = golden.input("boxes").toFloats();
        List<Box> boxes = new ArrayList<>();
        for (int b = 0; b < BOXES; b++) {
            int at = (sample * BOXES + b) * 4;
            boolean padding = true;
            for (int k = 0; k < 4; k++) {
                padding &= values[at + k] == -1;
            }
            if (!padding) {
                boxes.add(new Box(values[at], values[at + 1], values[at + 2], values[at + 3]));
            }
        }
        return boxes;
    }

    private static double[] doubles(List<LocalizationSample> samples, ToDoubleFunction<LocalizationSample> figure) {
        return samples.stream().mapToDouble(figure).toArray();
    }
}
