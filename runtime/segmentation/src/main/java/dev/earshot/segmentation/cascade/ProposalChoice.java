package dev.earshot.segmentation.cascade;

/**
 * Chooses the proposals of a frame that sound.
 *
 * @param scale what scores are brought to first
 * @param threshold a proposal is kept if its scaled score lies above this; a score that equals it does not
 * @param topOneIfEmpty whether the best proposal is kept where none passes; of equal ones the first
 */
public record ProposalChoice(ScoreScale scale, double threshold, boolean topOneIfEmpty) {
    /** Cosines above 0.7, or the best. */
    public static final ProposalChoice DEFAULT = new ProposalChoice(ScoreScale.RAW, 0.7, true);

    /** Checks the threshold. */
    public ProposalChoice {
        if (!Double.isFinite(threshold)) {
            throw new IllegalArgumentException("tau: expected a finite number, got " + threshold);
        }
    }

    /**
     * The choice among a frame's proposals, each list as long as there are proposals.
     *
     * @param scaled the scores on the scale of the threshold
     * @param kept whether a proposal sounds
     * @param best the best proposal, of equal ones the first; -1 without proposals
     */
    public record Chosen(double[] scaled, boolean[] kept, int best) {}

    /**
     * Chooses.
     *
     * @param scores finite, in the proposals' order
     */
    public Chosen among(double[] scores) {
        double[] scaled = scale.of(scores);
        boolean[] kept = new boolean[scores.length];
        boolean any = false;
        int best = -1;
        for (int i = 0; i < scores.length; i++) {
            kept[i] = scaled[i] > threshold;
            any |= kept[i];
            best = best < 0 || scores[i] > scores[best] ? i : best;
        }
        if (!any && topOneIfEmpty && best >= 0) {
            kept[best] = true;
        }
        return new Chosen(scaled, kept, best);
    }
}
