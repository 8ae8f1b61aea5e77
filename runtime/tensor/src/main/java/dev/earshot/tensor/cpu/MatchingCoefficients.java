package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
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
                worker -> new CoefficientFiller(this, inputs));
    }

    /** Row {@code p} of M: first number. */
    long rowStart(int sample, int p) {
        return sample * rowPixels.dim(1) + (long) p * (rowPixels.dim(1) / grid.pixels());
    }

    int rowLength(int sample, int p) {
        return ALL.get(I32, rowLengths.at((long) sample * grid.pixels() + p));
    }

    void setRowLength(int sample, int p, int length) {
        ALL.set(I32, rowLengths.at((long) sample * grid.pixels() + p), length);
    }

    void setRowNumber(long number, int pixel, float value) {
        ALL.set(I32, rowPixels.at(number), pixel);
        ALL.set(F32, rowValues.at(number), value);
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

    void setColumnStart(int sample, int q, int start) {
        ALL.set(I32, columnStarts.at(sample * columnStarts.dim(1) + q), start);
    }

    void setColumnNumber(int sample, int place, int pixel, float value) {
        ALL.set(I32, columnPixels.at(sample * columnPixels.dim(1) + place), pixel);
        ALL.set(F32, columnValues.at(sample * columnValues.dim(1) + place), value);
    }

    void setOwn(int sample, int pixel, float toF, float toG) {
        ALL.set(F32, ownF.at((long) sample * grid.pixels() + pixel), toF);
        ALL.set(F32, ownG.at((long) sample * grid.pixels() + pixel), toG);
    }

    float ownF(int sample, int p) {
        return ALL.get(F32, ownF.at((long) sample * grid.pixels() + p));
    }

    float ownG(int sample, int q) {
        return ALL.get(F32, ownG.at((long) sample * grid.pixels() + q));
    }
}
