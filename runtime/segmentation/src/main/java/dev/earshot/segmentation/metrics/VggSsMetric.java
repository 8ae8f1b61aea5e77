package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;
import java.util.ArrayList;
import java.util.List;

/**
 * cIoU and AUC on VGG-SS. A method gives a heat map per picture, of which the upper half becomes the mask; it is compared
 * with the union of the boxes. Samples are added one by one and only their scores are kept. For one thread.
 */
public final class VggSsMetric {
    private final LocalizationSettings settings;
    private final List<LocalizationSample> samples = new ArrayList<>();

    /** As EZ-VSL scores. */
    public VggSsMetric() {
        this(LocalizationSettings.EZ_VSL);
    }

    /** With thresholds and rules of one\'s own. */
    public VggSsMetric(LocalizationSettings settings) {
        this.settings = settings;
    }

    /**
     * Adds the next sample.
     *
     * @param id its name, for the lists
     * @param category its class; empty if there is none
     * @param map the prediction at any size
     * @param boxes the annotation
     */
    public LocalizationSample add(String id, String category, HeatMap map, List<Box> boxes) {
        HeatMap full = map.resized(settings.side(), settings.side(), settings.resize());
        BinaryMask mask = LocalizationSettings.upperHalf(full, settings.strict());
        BinaryMask target = Box.union(boxes, settings.side());
        LocalizationSample sample = LocalizationSample.of(id, category, boxes.size(), mask, target, 0);
        samples.add(sample);
        return sample;
    }

    /** The median of the normalised map at the scored size, at which {@link #add} cuts it. */
    public float threshold(HeatMap map) {
        return LocalizationSettings.medianOf(
                map.resized(settings.side(), settings.side(), settings.resize()).minMaxNormalised());
    }

    /** The figures over everything added so far; more may be added afterwards. */
    public VggSsResult result() {
        return new VggSsResult(
                LocalizationFigures.share(samples, 0.5),
                samples.stream().mapToDouble(LocalizationSample::ciou).average().orElse(0),
                LocalizationFigures.auc(samples),
                samples);
    }
}
