package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProposalMatchingTest {
    private static final BinaryMask EMPTY = new BinaryMask(12, 1);

    private static BinaryMask bar(int from, int to) {
        BinaryMask mask = new BinaryMask(12, 1);
        for (int x = from; x < to; x++) {
            mask.set(x, 0);
        }
        return mask;
    }

    @Test
    void onlyOverlapsStrictlyAboveTheThresholdAreKept() {
        BinaryMask mask = bar(0, 6);
        BinaryMask exactlyHalf = bar(0, 12); // 6 of 12
        BinaryMask fits = bar(0, 5); // 5 of 6

        assertEquals(fits, ProposalMatching.DEFAULT.match(mask, List.of(), List.of(exactlyHalf, fits)));
    }

    @Test
    void clusterReferencesKeepOneObjectOfSeveral() {
        BinaryMask mask = bar(0, 12);
        BinaryMask cluster = bar(0, 5);
        BinaryMask proposal = bar(0, 6); // half of the whole, 5 of 6 of the cluster
        ProposalMatching byClusters =
                new ProposalMatching(0.5, ProposalMatching.References.CLUSTERS, ProposalMatching.Fallback.RAW);

        assertEquals(mask, ProposalMatching.DEFAULT.match(mask, List.of(cluster), List.of(proposal)));
        assertEquals(proposal, byClusters.match(mask, List.of(cluster), List.of(proposal)));
    }

    @Test
    void nothingFitsGivesTheFallback() {
        BinaryMask mask = bar(0, 2);
        List<BinaryMask> proposals = List.of(bar(5, 9));
        ProposalMatching strict =
                new ProposalMatching(0.5, ProposalMatching.References.WHOLE, ProposalMatching.Fallback.EMPTY);

        assertEquals(mask, ProposalMatching.DEFAULT.match(mask, List.of(), proposals));
        assertTrue(strict.match(mask, List.of(), proposals).isEmpty());
    }

    @Test
    void anEmptyMaskStaysEmptyWhateverIsProposed() {
        assertTrue(ProposalMatching.DEFAULT
                .match(EMPTY, List.of(), List.of(EMPTY, bar(0, 3)))
                .isEmpty());
        assertThrows(
                IllegalArgumentException.class,
                () -> new ProposalMatching(1, ProposalMatching.References.WHOLE, ProposalMatching.Fallback.RAW));
    }
}
