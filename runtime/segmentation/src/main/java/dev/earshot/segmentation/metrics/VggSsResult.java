package dev.earshot.segmentation.metrics;

import java.util.List;

/**
 * The outcome on VGG-SS; all figures are fractions.
 *
 * @param ap50 share of the samples with cIoU >= 0.5: what tables call "cIoU"
 * @param meanCiou mean cIoU
 * @param auc area under the success curve
 * @param samples sample by sample, in the order of the test set
 */
public record VggSsResult(double ap50, double meanCiou, double auc, List<LocalizationSample> samples) {
    public VggSsResult {
        samples = List.copyOf(samples);
    }
}
