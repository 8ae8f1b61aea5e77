package dev.earshot.segmentation.metrics;

import java.util.List;

/**
 * The outcome on Extended VGG-SS; all figures are fractions.
 *
 * @param figures every subset at cIoU thresholds 0.5 and then 0.75
 * @param f1AtConfidenceHalf F1 of all samples with confidence 0.5 and cIoU 0.5
 * @param precisionAt50 share of the samples with boxes whose cIoU lies strictly above 0.5
 * @param samples sample by sample, in the order of the test set
 */
public record ExtendedVggSsResult(
        List<SubsetFigures> figures,
        double f1AtConfidenceHalf,
        double precisionAt50,
        List<LocalizationSample> samples) {
    public ExtendedVggSsResult {
        figures = List.copyOf(figures);
        samples = List.copyOf(samples);
    }

    /** Published AP: all samples at cIoU 0.5. */
    public double averagePrecision() {
        return figures.getFirst().averagePrecision();
    }

    /** Published max-F1: all samples at cIoU 0.5. */
    public double maxF1() {
        return figures.getFirst().maxF1();
    }

    /** Part of the test set. */
    public enum Subset {
        /** Every sample. */
        ALL(-1, 0),
        /** Samples with boxes. */
        VISIBLE(0, Long.MAX_VALUE),
        /** Boxes of fewer than 32 * 32 pixels in all. */
        SMALL(0, 32 * 32),
        /** From there to 96 * 96. */
        MEDIUM(32 * 32, 96 * 96),
        /** From there to 144 * 144. */
        LARGE(96 * 96, 144 * 144),
        /** From there on. */
        HUGE(144 * 144, 100_000_000);

        private final long from;
        private final long to;

        Subset(long from, long to) {
            this.from = from;
            this.to = to;
        }

        /** True if a sample belongs to this part. */
        public boolean contains(LocalizationSample sample) {
            return this == ALL || sample.boxes() > 0 && sample.targetArea() >= from && sample.targetArea() < to;
        }
    }

    /**
     * The figures of one subset.
     *
     * @param subset which
     * @param ciouThreshold from which cIoU on a sample counts as found
     * @param samples how many there are; without any, AP, AUC and F1 are 0 and the precision is 1
     * @param precision precision if everything is accepted
     * @param averagePrecision AP
     * @param auc area under the success curve of the samples with boxes
     * @param f1Curve F1 at every tenth of the confidences, from the smallest up
     * @param maxF1 the largest of them
     */
    public record SubsetFigures(
            Subset subset,
            double ciouThreshold,
            int samples,
            double precision,
            double averagePrecision,
            double auc,
            List<Double> f1Curve,
            double maxF1) {
        public SubsetFigures {
            f1Curve = List.copyOf(f1Curve);
        }

        static SubsetFigures of(Subset subset, double q, List<LocalizationSample> all) {
            List<LocalizationSample> samples =
                    all.stream().filter(subset::contains).toList();
            List<Double> f1 = LocalizationFigures.f1Curve(samples, q);
            return new SubsetFigures(
                    subset,
                    q,
                    samples.size(),
                    LocalizationFigures.Operating.at(samples, LocalizationFigures.ACCEPT_ALL, q)
                            .precision(),
                    LocalizationFigures.averagePrecision(samples, q),
                    LocalizationFigures.auc(samples.stream()
                            .filter(sample -> sample.boxes() > 0)
                            .toList()),
                    f1,
                    f1.stream().mapToDouble(x -> x).max().orElse(0));
        }
    }
}
