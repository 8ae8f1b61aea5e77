package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import java.util.ArrayList;
import java.util.List;

/**
 * Mask proposal matching: replaces a coarse mask by the union of the proposals that fit it, those whose largest
 * intersection over union with a reference exceeds {@code threshold}.
 *
 * @param threshold a proposal is kept if it exceeds this strictly; the paper's is 0.5
 * @param references what proposals are held against
 * @param fallback what is returned if none fits
 */
public record ProposalMatching(double threshold, References references, Fallback fallback) {
    /** The paper's setting. */
    public static final ProposalMatching DEFAULT = new ProposalMatching(0.5, References.WHOLE, Fallback.RAW);

    /** What proposals are held against. */
    public enum References {
        /** The whole mask. */
        WHOLE,
        /** The whole mask and that of each selected cluster, for several sounding objects. */
        CLUSTERS
    }

    /** What is returned if no proposal fits. */
    public enum Fallback {
        /** The mask as it was. */
        RAW,
        /** An empty mask. */
        EMPTY
    }

    public ProposalMatching {
        if (!(threshold >= 0 && threshold < 1)) {
            throw new IllegalArgumentException("proposal threshold: expected [0, 1), got " + threshold);
        }
    }

    /**
     * The refined mask. An empty mask stays empty.
     *
     * @param mask the coarse mask
     * @param clusterMasks those of the selected clusters; read for {@link References#CLUSTERS} only
     */
    public BinaryMask match(BinaryMask mask, List<BinaryMask> clusterMasks, List<BinaryMask> proposals) {
        BinaryMask result = new BinaryMask(mask.width(), mask.height());
        if (mask.isEmpty()) {
            return result;
        }
        double[] overlaps = overlaps(mask, clusterMasks, proposals);
        boolean any = false;
        for (int i = 0; i < overlaps.length; i++) {
            if (overlaps[i] > threshold) {
                result.add(proposals.get(i));
                any = true;
            }
        }
        return any || fallback == Fallback.EMPTY ? result : mask;
    }

    /** Each proposal's largest intersection over union with a reference. */
    public double[] overlaps(BinaryMask mask, List<BinaryMask> clusterMasks, List<BinaryMask> proposals) {
        List<BinaryMask> held = new ArrayList<>(List.of(mask));
        if (references == References.CLUSTERS) {
            held.addAll(clusterMasks);
        }
        double[] best = new double[proposals.size()];
        for (int i = 0; i < best.length; i++) {
            for (BinaryMask reference : held) {
                best[i] = Math.max(best[i], proposals.get(i).iou(reference));
            }
        }
        return best;
    }
}
