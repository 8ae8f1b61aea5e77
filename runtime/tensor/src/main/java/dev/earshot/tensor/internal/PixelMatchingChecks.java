package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;

/** The argument checks of pixel matching and its backward op, shared by all backends. */
public final class PixelMatchingChecks {
    /** Their index is also kept as a float, which counts exactly up to here. */
    private static final long MOST_DISPLACEMENTS = 1L << 24;

    private PixelMatchingChecks() {}

    /** For {@link dev.earshot.tensor.Backend#pixelMatching}. */
    public static void forward(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        operands("pixelMatching", f, g, settings, winners, saved);
        shape("pixelMatching cost", cost, g.dim(0));
        dtype("pixelMatching cost", cost, DType.F32);
        contiguous("pixelMatching cost", cost);
    }

    /** For {@link dev.earshot.tensor.TrainingOps#pixelMatchingBackward}. */
    public static void backward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        String op = "pixelMatchingBackward";
        operands(op, f, g, settings, winners, saved);
        shape(op + " gradCost", gradCost, g.dim(0));
        dtype(op + " gradCost", gradCost, DType.F32);
        contiguous(op + " gradCost", gradCost);
        shape(op + " gradF", gradF, f.shape());
        shape(op + " gradG", gradG, g.shape());
        dtype(op + " gradF", gradF, DType.F32);
        dtype(op + " gradG", gradG, DType.F32);
    }

    /** For the weighted forms of both; {@code op} is the op's name. */
    public static void weights(String op, Tensor f, PixelMatching settings, Tensor weights) {
        argument(
                settings.searches(),
                op + " weights",
                "expected a mode that searches, got %s; literal sums are not per pixel",
                settings.mode());
        shape(op + " weights", weights, f.dim(0), f.dim(1), f.dim(2));
        dtype(op + " weights", weights, DType.F32);
        contiguous(op + " weights", weights);
    }

    private static void operands(String op, Tensor f, Tensor g, PixelMatching settings, Tensor winners, Tensor saved) {
        rank(op + " f", f, 4);
        rank(op + " g", g, 4);
        dtype(op + " f", f, DType.F32, DType.BF16);
        dtype(op + " g", g, f.dtype());
        long height = f.dim(1);
        long width = f.dim(2);
        boolean fits = g.dim(1) == height && g.dim(2) == width && g.dim(3) == f.dim(3);
        boolean groups = f.dim(0) == 0 ? g.dim(0) == 0 : g.dim(0) % f.dim(0) == 0;
        argument(
                fits && groups,
                op + " g",
                "expected [n * %d, %d, %d, %d], got %s",
                f.dim(0),
                height,
                width,
                f.dim(3),
                g);
        argument(
                f.dim(0) == 0 || f.shape().elements() > 0,
                op + " f",
                "expected pixels with at least one channel, got %s",
                f);
        innermostDense(op + " f", f);
        innermostDense(op + " g", g);
        double displacements = (2.0 * settings.rangeY() + 1) * (2.0 * settings.rangeX(Math.toIntExact(width)) + 1);
        argument(
                displacements <= MOST_DISPLACEMENTS,
                op + " settings",
                "expected at most %d displacements, got reach %d, %d",
                MOST_DISPLACEMENTS,
                settings.rangeY(),
                settings.rangeX());
        shape(op + " winners", winners, g.dim(0), height, width);
        dtype(op + " winners", winners, DType.I32);
        contiguous(op + " winners", winners);
        shape(op + " saved", saved, g.dim(0), settings.savedWidth(height, width));
        dtype(op + " saved", saved, DType.F32);
        contiguous(op + " saved", saved);
    }

    private static void innermostDense(String what, Tensor x) {
        argument(
                x.dim(-1) <= 1 || x.stride(-1) == 1,
                what,
                "expected an innermost stride of 1, got %s; copy it first",
                x);
    }

    private static void contiguous(String what, Tensor x) {
        argument(x.isContiguous(), what, "expected a contiguous tensor, got %s; copy it first", x);
    }
}
