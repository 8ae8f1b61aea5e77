package dev.earshot.segmentation.training;

import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.tensor.PixelMatching;
import java.util.Objects;

/**
 * What a step compares and what it is punished for.
 *
 * @param batch anchors per step; the image trunk sees three times as many images
 * @param neighbours K of the neighbour table
 * @param margin by how much a negative must cost more than the positive
 * @param matching how features of two images are compared
 * @param featureNorm in which form features are taken
 */
public record TripletSettings(
        int batch, int neighbours, double margin, PixelMatching matching, FeatureNorm featureNorm) {
    /** MoCA's, with K as in STEGO. */
    public static final TripletSettings MOCA =
            new TripletSettings(8, NeighbourSearch.DEFAULT_K, 0.3, PixelMatching.DEFAULT, FeatureNorm.HEAD);

    /** Checks ranges. */
    public TripletSettings {
        Objects.requireNonNull(matching, "matching");
        Objects.requireNonNull(featureNorm, "featureNorm");
        if (batch < 1 || neighbours < 1) {
            throw new IllegalArgumentException("triplets: expected a batch and neighbours of at least 1, got %d and %d"
                    .formatted(batch, neighbours));
        }
        if (!(margin >= 0 && margin <= Float.MAX_VALUE)) {
            throw new IllegalArgumentException("triplets: expected a margin of at least 0, got " + margin);
        }
    }
}
