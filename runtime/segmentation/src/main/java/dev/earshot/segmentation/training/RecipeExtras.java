package dev.earshot.segmentation.training;

/**
 * Options beside the paper's recipe, all off by default.
 *
 * @param swappedNegatives W: weight of a second hinge, which asks that the anchor's picture with the negative's sound be
 *     further from the positive than with its own: W * mean max(0, C(f, f_pos) - C(f_swapped, f_pos) + margin); 0 for none
 * @param weightTemperature T: pixels count by softmax(cosine of the frozen joint-space token and the sound / T) of the
 *     anchor in place of 1 / (H W); 0 for the plain mean
 * @param jointCentre whether those cosines are taken after the directions shared by all pictures and by all sounds have
 *     been subtracted; needs centre vectors
 */
public record RecipeExtras(double swappedNegatives, double weightTemperature, boolean jointCentre) {
    /** The paper's recipe alone. */
    public static final RecipeExtras NONE = new RecipeExtras(0, 0, false);

    /** Checks ranges. */
    public RecipeExtras {
        if (!(swappedNegatives >= 0 && swappedNegatives <= Float.MAX_VALUE)
                || !(weightTemperature >= 0 && weightTemperature <= Float.MAX_VALUE)) {
            throw new IllegalArgumentException(
                    "recipe: expected a weight of swapped negatives and a temperature of at least 0, got %s and %s"
                            .formatted(swappedNegatives, weightTemperature));
        }
        if (jointCentre && weightTemperature == 0) {
            throw new IllegalArgumentException(
                    "recipe: the joint centre only matters to weighted matching — give a temperature, too");
        }
    }
}
