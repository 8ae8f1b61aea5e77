package dev.earshot.models.sam;

import static dev.earshot.tensor.Checks.argument;

import java.util.Arrays;

/**
 * Prompts that are decoded against one image, each by itself: so many points, perhaps a box, perhaps a mask. Coordinates are
 * pixels of the model's frame (the resized, padded image), x before y; they may lie outside of it. The arrays are not copied.
 *
 * <p>One prompt with neither point nor box nor mask is legal: the model then says what it makes of the whole image.
 *
 * @param points [count][pointsPerPrompt][2]
 * @param labels [count][pointsPerPrompt]: {@value #FOREGROUND}, {@value #BACKGROUND}, {@value #PADDING} for a point that is
 *     none, {@value #ZERO} for a token of zeros as transformers pads with
 * @param pointsPerPrompt points of each prompt, 0 for none
 * @param boxes [count][4], x0, y0, x1, y1; empty for none
 * @param masks low-resolution logits, 4 times the grid each way: [count][h][w], or [h][w] for all prompts; empty for none
 * @param count number of prompts, 0 for none at all
 */
public record SamPrompts(float[] points, int[] labels, int pointsPerPrompt, float[] boxes, float[] masks, int count) {
    /** Label of a point on the object. */
    public static final int FOREGROUND = 1;

    /** Label of a point off the object. */
    public static final int BACKGROUND = 0;

    /** Label of a point that is none. */
    public static final int PADDING = -1;

    /** Label of a token of zeros. */
    public static final int ZERO = -10;

    /** Checks that the counts agree, that all numbers are finite and that all labels are known. */
    public SamPrompts {
        argument(count >= 0, "SAM prompts", "expected a count >= 0, got %d", count);
        argument(pointsPerPrompt >= 0, "SAM prompts", "expected a number of points >= 0, got %d", pointsPerPrompt);
        long all = (long) count * pointsPerPrompt;
        argument(
                points.length == 2 * all && labels.length == all,
                "SAM points",
                "expected %d prompts of %d points, got %d coordinates and %d labels",
                count,
                pointsPerPrompt,
                points.length,
                labels.length);
        argument(
                boxes.length == 0 || boxes.length == 4L * count,
                "SAM boxes",
                "expected none or 4 numbers for each of %d prompts, got %d",
                count,
                boxes.length);
        finite("SAM points", points);
        finite("SAM boxes", boxes);
        finite("SAM masks", masks);
        for (int label : labels) {
            argument(
                    label == FOREGROUND || label == BACKGROUND || label == PADDING || label == ZERO,
                    "SAM labels",
                    "expected 1 (object), 0 (background), -1 (no point) or -10 (zeros), got %d",
                    label);
        }
    }

    private static void finite(String what, float[] values) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                argument(false, what, "expected finite numbers, got %s at index %d", values[i], i);
            }
        }
    }

    /** Prompts of one foreground point each; {@code points} [n][2]. */
    public static SamPrompts ofPoints(float[] points) {
        argument(points.length % 2 == 0, "SAM points", "expected pairs x, y, got %d numbers", points.length);
        int[] labels = new int[points.length / 2];
        Arrays.fill(labels, FOREGROUND);
        return new SamPrompts(points, labels, 1, new float[0], new float[0], labels.length);
    }

    /** Prompts of one box each; {@code boxes} [n][4]. */
    public static SamPrompts ofBoxes(float[] boxes) {
        argument(boxes.length % 4 == 0, "SAM boxes", "expected x0, y0, x1, y1, got %d numbers", boxes.length);
        return new SamPrompts(new float[0], new int[0], 0, boxes, new float[0], boxes.length / 4);
    }

    /** These prompts with mask prompts; {@code logits} as in {@link #masks}. */
    public SamPrompts withMasks(float[] logits) {
        return new SamPrompts(points, labels, pointsPerPrompt, boxes, logits, count);
    }

    /** True if each prompt has a box. */
    public boolean hasBoxes() {
        return boxes.length > 0;
    }

    /** True if there are mask prompts. */
    public boolean hasMasks() {
        return masks.length > 0;
    }
}
