package dev.earshot.segmentation.moca;

/**
 * Which clusters of a frame sound.
 *
 * @param scores one per cluster; a cluster without live tokens scores -1
 * @param base the score of all tokens together
 * @param selected whether a cluster is taken to sound
 */
public record ClusterChoice(double[] scores, double base, boolean[] selected) {
    /** How far a cluster's score lies above that of the whole frame. */
    public double contrast(int cluster) {
        return scores[cluster] - base;
    }

    /** The largest score of the selected clusters; 0 if none is selected. */
    public double bestScore() {
        double best = 0;
        boolean any = false;
        for (int j = 0; j < scores.length; j++) {
            if (selected[j]) {
                best = any ? Math.max(best, scores[j]) : scores[j];
                any = true;
            }
        }
        return best;
    }

    /** True if no cluster is selected. */
    public boolean isEmpty() {
        for (boolean one : selected) {
            if (one) {
                return false;
            }
        }
        return true;
    }
}
