package dev.earshot.segmentation.sam;

import java.util.Arrays;

/**
 * What one mask is asked with, in pixels of the picture: points on and off the object, a box around it, a coarse mask, or
 * several of these. Immutable.
 *
 * <pre>{@code
 * SamPrompt.foreground(500, 375).andBackground(20, 30)
 * SamPrompt.box(75, 275, 1725, 850)
 * }</pre>
 */
public final class SamPrompt {
    /** Label of a point on the object. */
    public static final int FOREGROUND = 1;

    /** Label of a point off the object. */
    public static final int BACKGROUND = 0;

    private final double[] points;
    private final int[] labels;
    private final double[] box;
    private final MaskLogits mask;

    private SamPrompt(double[] points, int[] labels, double[] box, MaskLogits mask) {
        this.points = points;
        this.labels = labels;
        this.box = box;
        this.mask = mask;
    }

    /** A point on the object. */
    public static SamPrompt foreground(double x, double y) {
        return points(new double[] {x, y}, new int[] {FOREGROUND});
    }

    /**
     * Several points for one mask.
     *
     * @param xy x, y of each
     * @param labels {@value #FOREGROUND} or {@value #BACKGROUND} for each
     * @throws IllegalArgumentException if there is none, a coordinate is no number, or a label is another
     */
    public static SamPrompt points(double[] xy, int[] labels) {
        if (labels.length == 0 || xy.length != 2L * labels.length) {
            throw new IllegalArgumentException(
                    "SAM points: expected x and y for each label, at least one, got %d numbers and %d labels"
                            .formatted(xy.length, labels.length));
        }
        for (double coordinate : xy) {
            requireFinite("SAM points", coordinate);
        }
        for (int label : labels) {
            if (label != FOREGROUND && label != BACKGROUND) {
                throw new IllegalArgumentException(
                        "SAM points: expected labels 1 (on the object) or 0 (off it), got " + label);
            }
        }
        return new SamPrompt(xy.clone(), labels.clone(), new double[0], MaskLogits.NONE);
    }

    /**
     * A box around the object, from its upper left corner to its lower right one.
     *
     * @throws IllegalArgumentException if a coordinate is no number, or the box is empty or the wrong way round
     */
    public static SamPrompt box(double x0, double y0, double x1, double y1) {
        double[] box = {x0, y0, x1, y1};
        for (double coordinate : box) {
            requireFinite("SAM box", coordinate);
        }
        if (!(x0 < x1 && y0 < y1)) {
            throw new IllegalArgumentException(
                    "SAM box: expected x0 < x1 and y0 < y1, got %s; give left, top, right, bottom"
                            .formatted(Arrays.toString(box)));
        }
        return new SamPrompt(new double[0], new int[0], box, MaskLogits.NONE);
    }

    /**
     * A coarse mask in the model's frame, for example {@link MaskPrediction#lowResolution} of an earlier answer.
     *
     * @throws IllegalArgumentException if it is empty or a logit is no number
     */
    public static SamPrompt mask(MaskLogits logits) {
        if (logits.isEmpty()) {
            throw new IllegalArgumentException(
                    "SAM mask prompt: expected logits, got none; ask the earlier prediction for its low-resolution logits");
        }
        for (float value : logits.values()) {
            requireFinite("SAM mask prompt", value);
        }
        return new SamPrompt(new double[0], new int[0], new double[0], logits);
    }

    private static void requireFinite(String what, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(what + ": expected finite numbers, got " + value);
        }
    }

    /** With a further point on the object. */
    public SamPrompt andForeground(double x, double y) {
        return and(foreground(x, y));
    }

    /** With a further point off the object. */
    public SamPrompt andBackground(double x, double y) {
        return and(points(new double[] {x, y}, new int[] {BACKGROUND}));
    }

    /**
     * Both together; the points of this one come first.
     *
     * @throws IllegalArgumentException if both have a box, or both a mask
     */
    public SamPrompt and(SamPrompt other) {
        if (hasBox() && other.hasBox() || hasMask() && other.hasMask()) {
            throw new IllegalArgumentException(
                    "SAM prompt: expected at most one box and one mask for a prompt, got two; "
                            + "give them as prompts of their own");
        }
        double[] allPoints = Arrays.copyOf(points, points.length + other.points.length);
        System.arraycopy(other.points, 0, allPoints, points.length, other.points.length);
        int[] allLabels = Arrays.copyOf(labels, labels.length + other.labels.length);
        System.arraycopy(other.labels, 0, allLabels, labels.length, other.labels.length);
        return new SamPrompt(allPoints, allLabels, hasBox() ? box : other.box, hasMask() ? mask : other.mask);
    }

    int pointCount() {
        return labels.length;
    }

    boolean hasBox() {
        return box.length > 0;
    }

    boolean hasMask() {
        return !mask.isEmpty();
    }

    int[] labels() {
        return labels;
    }

    MaskLogits mask() {
        return mask;
    }

    /**
     * The points, for a picture of the given size.
     *
     * @throws IllegalArgumentException if one lies outside: nearly always coordinates of another scale
     */
    double[] pointsWithin(int width, int height) {
        for (int i = 0; i < points.length; i += 2) {
            if (!(points[i] >= 0 && points[i] < width && points[i + 1] >= 0 && points[i + 1] < height)) {
                throw new IllegalArgumentException(
                        "SAM point: expected x from 0 to below %d and y from 0 to below %d, got (%s, %s); give pixels of this picture"
                                .formatted(width, height, points[i], points[i + 1]));
            }
        }
        return points;
    }

    /**
     * The box, cut off at the borders of a picture of the given size.
     *
     * @throws IllegalArgumentException if nothing is left
     */
    double[] boxWithin(int width, int height) {
        if (!hasBox()) {
            return box;
        }
        double[] cut = {Math.max(box[0], 0), Math.max(box[1], 0), Math.min(box[2], width), Math.min(box[3], height)};
        if (!(cut[0] < cut[2] && cut[1] < cut[3])) {
            throw new IllegalArgumentException(
                    "SAM box: expected a part within the picture of %d x %d, got %s; give pixels of this picture"
                            .formatted(width, height, Arrays.toString(box)));
        }
        return cut;
    }

    @Override
    public String toString() {
        return "SamPrompt[" + labels.length + " points" + (hasBox() ? ", box " + Arrays.toString(box) : "")
                + (hasMask() ? ", mask " + mask.height() + " x " + mask.width() : "") + "]";
    }
}
