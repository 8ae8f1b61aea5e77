package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * First phase of the backward op: the gradients of f and g are linear in the features, gradF += M g + diag(ownF) f and
 * gradG += M^T f + diag(ownG) g, with one matrix M of pixels by pixels per sample that has at most window^2 numbers in a
 * row. M is written twice, by rows and by columns, so that the second phase gathers and never collides. The gradient of
 * the scaling by image is in these numbers too (its sum over all pixels follows from the winners' saved sums).
 *
 * @param rowLengths I32 [samples, pixels], numbers in a row of M
 * @param rowPixels I32 [samples, pixels * window^2], the pixel of g that each multiplies; row p starts at p * window^2
 * @param rowValues F32, as rowPixels
 * @param columnStarts I32 [samples, pixels + 1], where a column starts
 * @param columnPixels I32 [samples, pixels * window^2], the pixel of f that each number multiplies, ascending
 * @param columnValues F32, as columnPixels
 * @param ownF F32 [samples, pixels]
 * @param ownG F32 [samples, pixels]
 */
record MatchingCoefficients(
        MatchingGrid grid,
        View rowLengths,
        View rowPixels,
        View rowValues,
        View columnStarts,
        View columnPixels,
        View columnValues,
        View ownF,
        View ownG) {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    static MatchingCoefficients of(Binder binder, MatchingGrid grid) {
        long samples = grid.samples();
        long pixels = grid.pixels();
        long numbers = Math.multiplyExact(
                pixels, (long) grid.settings().window() * grid.settings().window());
        return new MatchingCoefficients(
                grid,
                binder.temporary(DType.I32, samples, pixels),
                binder.temporary(DType.I32, samples, numbers),
                binder.temporary(DType.F32, samples, numbers),
                binder.temporary(DType.I32, samples, pixels + 1),
                binder.temporary(DType.I32, samples, numbers),
                binder.temporary(DType.F32, samples, numbers),
                binder.temporary(DType.F32, samples, pixels),
                binder.temporary(DType.F32, samples, pixels));
    }

    /** What the forward pass left, and what comes from above. */
    record Inputs(View winners, View saved, Optional<View> weights, View gradCost) {}

    /** Adds the step that fills everything. */
    void bind(Binder binder, Inputs inputs) {
        RowSharing.add(
                binder,
                "pixel coefficients " + inputs.winners(),
                grid.samples(),
                (long) grid.samples() * grid.pixels() * 16, // about as long as for this many plain elements
                worker -> {
                    Filler filler = new Filler(inputs);
                    return sample -> filler.fill((int) sample);
                });
    }

    /** Row {@code p} of M: first number. */
    long rowStart(int sample, int p) {
        return sample * rowPixels.dim(1) + (long) p * (rowPixels.dim(1) / grid.pixels());
    }

    int rowLength(int sample, int p) {
        return ALL.get(I32, rowLengths.at((long) sample * grid.pixels() + p));
    }

    int rowPixel(long number) {
        return ALL.get(I32, rowPixels.at(number));
    }

    float rowValue(long number) {
        return ALL.get(F32, rowValues.at(number));
    }

    /** Column {@code q} of M: first number; it ends where the next begins. */
    long columnStart(int sample, int q) {
        return sample * columnPixels.dim(1) + ALL.get(I32, columnStarts.at(sample * columnStarts.dim(1) + q));
    }

    int columnPixel(long number) {
        return ALL.get(I32, columnPixels.at(number));
    }

    float columnValue(long number) {
        return ALL.get(F32, columnValues.at(number));
    }

    float ownF(int sample, int p) {
        return ALL.get(F32, ownF.at((long) sample * grid.pixels() + p));
    }

    float ownG(int sample, int q) {
        return ALL.get(F32, ownG.at((long) sample * grid.pixels() + q));
    }

    /** Fills the numbers of one sample after the other; temporaries of one worker. */
    private final class Filler {
        private final Inputs inputs;
        private final double[] sumOwnF = new double[grid.pixels()];
        private final double[] sumOwnG = new double[grid.pixels()];
        private final int[] next = new int[grid.pixels()];
        private double alongF;
        private double alongG;
        private boolean numbers;

        private Filler(Inputs inputs) {
            this.inputs = inputs;
        }

        private double saved(long at) {
            return ALL.get(F32, inputs.saved().at(at));
        }

        private void fill(int sample) {
            java.util.Arrays.fill(sumOwnF, 0);
            java.util.Arrays.fill(sumOwnG, 0);
            alongF = 0;
            alongG = 0;
            numbers = true;
            for (int p = 0; p < grid.pixels(); p++) {
                ALL.set(I32, rowLengths.at((long) sample * grid.pixels() + p), 0);
            }
            if (grid.settings().searches()) {
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

        private void addPixel(int sample, int p) {
            int k = ALL.get(I32, inputs.winners().at((long) sample * grid.pixels() + p));
            if (k < 0) {
                numbers = false;
                return;
            }
            double upstream = ALL.get(F32, inputs.gradCost().at(sample)) * weight(sample, p);
            double a = saved(grid.a(sample) + p);
            double u = saved(grid.u(sample) + p);
            double v = saved(grid.v(sample) + p);
            Window window = new Window(p, k);
            double m = Math.sqrt(u) * Math.sqrt(v);
            double half = grid.settings().lambdaSsd() / (2.0 * window.places());
            double ncc = m <= PixelMatching.EPS ? 0 : grid.settings().lambdaNcc() / m;
            double da = upstream * (-2 * half - ncc);
            double twiceDu = upstream * (2 * half + (ncc == 0 ? 0 : ncc * a / u));
            double twiceDv = upstream * (2 * half + (ncc == 0 ? 0 : ncc * a / v));
            alongF += da * a + twiceDu * u;
            alongG += da * a + twiceDv * v;
            window.forEach((r, q) -> {
                add(sample, r, q, da);
                sumOwnF[r] += twiceDu;
                sumOwnG[q] += twiceDv;
            });
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
            long start = rowStart(sample, r);
            int length = rowLength(sample, r);
            for (int i = 0; i < length; i++) {
                if (rowPixel(start + i) == q) {
                    ALL.set(F32, rowValues.at(start + i), (float) (rowValue(start + i) + value));
                    return;
                }
            }
            ALL.set(I32, rowPixels.at(start + length), q);
            ALL.set(F32, rowValues.at(start + length), (float) value);
            ALL.set(I32, rowLengths.at((long) sample * grid.pixels() + r), length + 1);
        }

        /** From gradients of the scaled features to those of the raw ones: both factors of a product scale its number. */
        private void scaleRows(int sample) {
            for (int r = 0; r < grid.pixels(); r++) {
                long start = rowStart(sample, r);
                double scale = scale(grid.scaleF(sample), grid.squaresF(sample), r);
                for (int i = 0; i < rowLength(sample, r); i++) {
                    double other = scale(grid.scaleG(sample), grid.squaresG(sample), rowPixel(start + i));
                    float value = numbers ? (float) (rowValue(start + i) * scale * other) : Float.NaN;
                    ALL.set(F32, rowValues.at(start + i), value);
                }
            }
        }

        private double scale(long image, long squares, int pixel) {
            return switch (grid.settings().norm()) {
                case IMAGE -> grid.settings().searches() ? saved(image) : 1;
                case PIXEL ->
                    grid.settings().searches() ? MatchingSearch.reciprocal(Math.sqrt(saved(squares + pixel))) : 1;
                case NONE -> 1;
            };
        }

        private void storeOwn(int sample) {
            boolean byPixel = grid.settings().searches() && grid.settings().norm() == PixelMatching.Norm.PIXEL;
            boolean byImage = grid.settings().searches() && grid.settings().norm() == PixelMatching.Norm.IMAGE;
            double meanF = byImage ? alongF / grid.pixels() : 0;
            double meanG = byImage ? alongG / grid.pixels() : 0;
            for (int p = 0; p < grid.pixels(); p++) {
                // Scaled by pixel, only what is at right angles to the pixel counts: see MatchingGradients.
                double toF = byPixel ? 0 : sumOwnF[p] - meanF;
                double toG = byPixel ? 0 : sumOwnG[p] - meanG;
                double scaleF = byImage ? saved(grid.scaleF(sample)) : 1;
                double scaleG = byImage ? saved(grid.scaleG(sample)) : 1;
                long at = (long) sample * grid.pixels() + p;
                ALL.set(F32, ownF.at(at), numbers ? (float) (toF * scaleF * scaleF) : Float.NaN);
                ALL.set(F32, ownG.at(at), numbers ? (float) (toG * scaleG * scaleG) : Float.NaN);
            }
        }

        /** Writes the numbers of M by columns, rows ascending. */
        private void transpose(int sample) {
            java.util.Arrays.fill(next, 0);
            for (int r = 0; r < grid.pixels(); r++) {
                for (int i = 0; i < rowLength(sample, r); i++) {
                    next[rowPixel(rowStart(sample, r) + i)]++;
                }
            }
            int start = 0;
            for (int q = 0; q < grid.pixels(); q++) {
                ALL.set(I32, columnStarts.at(sample * columnStarts.dim(1) + q), start);
                int count = next[q];
                next[q] = start;
                start += count;
            }
            ALL.set(I32, columnStarts.at(sample * columnStarts.dim(1) + grid.pixels()), start);
            for (int r = 0; r < grid.pixels(); r++) {
                for (int i = 0; i < rowLength(sample, r); i++) {
                    long number = rowStart(sample, r) + i;
                    long target = sample * columnPixels.dim(1) + next[rowPixel(number)]++;
                    ALL.set(I32, columnPixels.at(target), r);
                    ALL.set(F32, columnValues.at(target), rowValue(number));
                }
            }
        }
    }

    /** What is done with a pixel of f and the pixel of g that it is compared with. */
    @FunctionalInterface
    private interface PairVisitor {
        void visit(int r, int q);
    }

    /** The valid places of the window round pixel p of f and p + displacement k of g. */
    private final class Window {
        private final int top;
        private final int bottom;
        private final int left;
        private final int right;
        private final int shift;

        private Window(int p, int k) {
            int radius = grid.radius();
            int y = p / grid.width();
            int x = p % grid.width();
            int dy = grid.dy(k);
            int dx = grid.dx(k);
            this.top = Math.max(Math.max(0, -dy), y - radius);
            this.bottom = Math.min(Math.min(grid.height(), grid.height() - dy), y + radius + 1);
            this.left = Math.max(Math.max(0, -dx), x - radius);
            this.right = Math.min(Math.min(grid.width(), grid.width() - dx), x + radius + 1);
            this.shift = dy * grid.width() + dx;
        }

        private int places() {
            return (bottom - top) * (right - left);
        }

        private void forEach(PairVisitor visitor) {
            for (int y = top; y < bottom; y++) {
                for (int x = left; x < right; x++) {
                    int r = y * grid.width() + x;
                    visitor.visit(r, r + shift);
                }
            }
        }
    }
}
