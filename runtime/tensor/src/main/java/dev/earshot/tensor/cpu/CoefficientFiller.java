package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PixelMatching.Norm;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Fills the {@link MatchingCoefficients} of one sample after the other; temporaries of one worker. */
final class CoefficientFiller implements RowSharing.Body {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    private final MatchingGrid grid;
    private final MatchingCoefficients target;
    private final MatchingCoefficients.Inputs inputs;
    private final boolean searches;
    private final Norm norm; // of a search; literal sums are not scaled

    // Of the current sample: gradients along the own pixel, the sums <gradient, features> over all pixels of the scaled
    // f
    // and g, and whether all costs were numbers.
    private final double[] sumOwnF;
    private final double[] sumOwnG;
    private double alongF;
    private double alongG;
    private boolean numbers;

    private final int[] next;

    // The valid places of the window of the current pixel: rows and columns of f, and the way to the pixel of g.
    private int top;
    private int bottom;
    private int left;
    private int right;
    private int shift;

    CoefficientFiller(MatchingCoefficients target, MatchingCoefficients.Inputs inputs) {
        this.grid = target.grid();
        this.target = target;
        this.inputs = inputs;
        this.searches = grid.settings().searches();
        this.norm = searches ? grid.settings().norm() : Norm.NONE;
        this.sumOwnF = new double[grid.pixels()];
        this.sumOwnG = new double[grid.pixels()];
        this.next = new int[grid.pixels()];
    }

    @Override
    public void run(long unit) {
        int sample = (int) unit;
        Arrays.fill(sumOwnF, 0);
        Arrays.fill(sumOwnG, 0);
        alongF = 0;
        alongG = 0;
        numbers = true;
        for (int p = 0; p < grid.pixels(); p++) {
            target.setRowLength(sample, p, 0);
        }
        if (searches) {
            for (int p = 0; p < grid.pixels(); p++) {
                addPixel(sample, p);
            }
        } else {
            addLiteral(sample);
        }
        scaleRows(sample);
        storeOwn(sample);
        transpose(sample);
    }

    private double saved(long at) {
        return ALL.get(F32, inputs.saved().at(at));
    }

    private void addPixel(int sample, int p) {
        int k = ALL.get(I32, inputs.winners().at((long) sample * grid.pixels() + p));
        if (k < 0) {
            numbers = false;
            return;
        }
        placeWindow(p, k);
        double upstream = ALL.get(F32, inputs.gradCost().at(sample)) * weight(sample, p);
        double a = saved(grid.a(sample) + p);
        double u = saved(grid.u(sample) + p);
        double v = saved(grid.v(sample) + p);
        double m = Math.sqrt(u) * Math.sqrt(v);
        double half = grid.settings().lambdaSsd() / (2.0 * (bottom - top) * (right - left));
        double ncc = m <= PixelMatching.EPS ? 0 : grid.settings().lambdaNcc() / m;
        double da = upstream * (-2 * half - ncc);
        double twiceDu = upstream * (2 * half + (ncc == 0 ? 0 : ncc * a / u));
        double twiceDv = upstream * (2 * half + (ncc == 0 ? 0 : ncc * a / v));
        alongF += da * a + twiceDu * u;
        alongG += da * a + twiceDv * v;
        for (int y = top; y < bottom; y++) {
            for (int r = y * grid.width() + left; r < y * grid.width() + right; r++) {
                add(sample, r, r + shift, da);
                sumOwnF[r] += twiceDu;
                sumOwnG[r + shift] += twiceDv;
            }
        }
    }

    /** The window round pixel p of f and p + displacement k of g. */
    private void placeWindow(int p, int k) {
        int radius = grid.radius();
        int y = p / grid.width();
        int x = p % grid.width();
        int dy = grid.dy(k);
        int dx = grid.dx(k);
        top = Math.max(Math.max(0, -dy), y - radius);
        bottom = Math.min(Math.min(grid.height(), grid.height() - dy), y + radius + 1);
        left = Math.max(Math.max(0, -dx), x - radius);
        right = Math.min(Math.min(grid.width(), grid.width() - dx), x + radius + 1);
        shift = dy * grid.width() + dx;
    }

    private double weight(int sample, int p) {
        return inputs.weights().isPresent()
                ? ALL.get(F32, inputs.weights().get().at((long) grid.anchorOf(sample) * grid.pixels() + p))
                : 1.0 / grid.pixels();
    }

    /** cost = lambdaSsd * (u + v - 2 a) + lambdaNcc * s * a / m over whole images. */
    private void addLiteral(int sample) {
        double a = saved(grid.a(sample));
        double u = saved(grid.u(sample));
        double v = saved(grid.v(sample));
        double m = Math.sqrt(u) * Math.sqrt(v);
        double sign = grid.settings().mode() == PixelMatching.Mode.LITERAL_PRINTED ? 1 : -1;
        double ncc = m <= PixelMatching.EPS ? 0 : sign * grid.settings().lambdaNcc() / m;
        double upstream = ALL.get(F32, inputs.gradCost().at(sample));
        double ssd = 2 * grid.settings().lambdaSsd();
        for (int p = 0; p < grid.pixels(); p++) {
            add(sample, p, p, upstream * (ncc - ssd));
            sumOwnF[p] = upstream * (ssd - (ncc == 0 ? 0 : ncc * a / u));
            sumOwnG[p] = upstream * (ssd - (ncc == 0 ? 0 : ncc * a / v));
        }
    }

    /** M[r, q] += value; neighbours that chose the same displacement share a number. */
    private void add(int sample, int r, int q, double value) {
        long start = target.rowStart(sample, r);
        int length = target.rowLength(sample, r);
        for (int i = 0; i < length; i++) {
            if (target.rowPixel(start + i) == q) {
                target.setRowNumber(start + i, q, (float) (target.rowValue(start + i) + value));
                return;
            }
        }
        target.setRowNumber(start + length, q, (float) value);
        target.setRowLength(sample, r, length + 1);
    }

    /** From gradients of the scaled features to those of the raw ones: both factors of a product scale its number. */
    private void scaleRows(int sample) {
        for (int r = 0; r < grid.pixels(); r++) {
            long start = target.rowStart(sample, r);
            double scale = scale(grid.scaleF(sample), grid.squaresF(sample), r);
            for (int i = 0; i < target.rowLength(sample, r); i++) {
                int q = target.rowPixel(start + i);
                double other = scale(grid.scaleG(sample), grid.squaresG(sample), q);
                float value = numbers ? (float) (target.rowValue(start + i) * scale * other) : Float.NaN;
                target.setRowNumber(start + i, q, value);
            }
        }
    }

    private double scale(long image, long squares, int pixel) {
        return switch (norm) {
            case IMAGE -> saved(image);
            case PIXEL -> MatchingSearch.reciprocal(Math.sqrt(saved(squares + pixel)));
            case NONE -> 1;
        };
    }

    private void storeOwn(int sample) {
        double meanF = norm == Norm.IMAGE ? alongF / grid.pixels() : 0;
        double meanG = norm == Norm.IMAGE ? alongG / grid.pixels() : 0;
        double scaleF = norm == Norm.IMAGE ? saved(grid.scaleF(sample)) : 1;
        double scaleG = norm == Norm.IMAGE ? saved(grid.scaleG(sample)) : 1;
        for (int p = 0; p < grid.pixels(); p++) {
            // Scaled by pixel, only what is at right angles to the pixel counts: see MatchingGradients.
            double toF = norm == Norm.PIXEL ? 0 : (sumOwnF[p] - meanF) * scaleF * scaleF;
            double toG = norm == Norm.PIXEL ? 0 : (sumOwnG[p] - meanG) * scaleG * scaleG;
            target.setOwn(sample, p, numbers ? (float) toF : Float.NaN, numbers ? (float) toG : Float.NaN);
        }
    }

    /** Writes the numbers of M by columns, rows ascending. */
    private void transpose(int sample) {
        Arrays.fill(next, 0);
        for (int r = 0; r < grid.pixels(); r++) {
            for (int i = 0; i < target.rowLength(sample, r); i++) {
                next[target.rowPixel(target.rowStart(sample, r) + i)]++;
            }
        }
        int start = 0;
        for (int q = 0; q < grid.pixels(); q++) {
            target.setColumnStart(sample, q, start);
            int count = next[q];
            next[q] = start;
            start += count;
        }
        target.setColumnStart(sample, grid.pixels(), start);
        for (int r = 0; r < grid.pixels(); r++) {
            for (int i = 0; i < target.rowLength(sample, r); i++) {
                long number = target.rowStart(sample, r) + i;
                int place = next[target.rowPixel(number)]++;
                target.setColumnNumber(sample, place, r, target.rowValue(number));
            }
        }
    }
}
