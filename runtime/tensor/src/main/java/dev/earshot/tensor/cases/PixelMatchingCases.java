package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.PixelMatching.Norm;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;

/**
 * Rows of pixel matching and its backward op. Winners are results like others: with random features no two candidates are
 * as close as the rounding of fp32, and the rows of equal pixels have exact ties.
 */
final class PixelMatchingCases {
    private static final DoubleUnaryOperator RANDOM = g -> g;

    private PixelMatchingCases() {}

    /** What one row runs. */
    private record Row(
            Scale scale,
            PixelMatching settings,
            DType dtype,
            Layout layout,
            DoubleUnaryOperator values,
            boolean constantRows,
            boolean weighted,
            long groups,
            long[] shape) {
        Row of(Scale other) {
            return new Row(other, settings, dtype, layout, values, constantRows, weighted, groups, shape);
        }

        Row of(DType other, Layout form) {
            return new Row(scale, settings, other, form, values, constantRows, weighted, groups, shape);
        }

        Row of(DoubleUnaryOperator other) {
            return new Row(scale, settings, dtype, layout, other, constantRows, weighted, groups, shape);
        }

        /** With pixels that are equal along a row, so that candidates tie exactly. */
        Row withConstantRows() {
            return new Row(scale, settings, dtype, layout, values, true, weighted, groups, shape);
        }

        Row withWeights() {
            return new Row(scale, settings, dtype, layout, values, constantRows, true, groups, shape);
        }

        Row against(long other) {
            return new Row(scale, settings, dtype, layout, values, constantRows, weighted, other, shape);
        }

        private long[] otherShape() {
            return Rows.with(shape, 0, groups * shape[0]);
        }

        private String name() {
            PixelMatching s = settings;
            String reach = s.mode() == Mode.SEARCH_2D
                    ? " reach%d,%d".formatted(s.rangeY(), s.rangeX())
                    : s.rangeX() == PixelMatching.WHOLE_ROW ? "" : " reach" + s.rangeX();
            return "%s %s%s w%d %s l%s,%s %s%s%s%s%s"
                    .formatted(
                            sizes(shape),
                            lower(s.mode()),
                            reach,
                            s.window(),
                            lower(s.norm()),
                            s.lambdaSsd(),
                            s.lambdaNcc(),
                            lower(dtype),
                            layout.suffix(),
                            constantRows ? " constant rows" : "",
                            weighted ? " weighted" : "",
                            groups > 1 ? " against " + groups : "");
        }

        /** Multiply-adds of the products within reach (borders not subtracted), twice. */
        private double flops() {
            double reach = settings.searches()
                    ? Math.min(shape[1], 2.0 * settings.rangeY() + 1)
                            * Math.min(shape[2], 2.0 * settings.rangeX((int) shape[2]) + 1)
                    : 1;
            return 2 * elements(otherShape()) * reach + 2 * (elements(shape) + elements(otherShape()));
        }

        /** True if a pixel has several candidates. */
        boolean chooses() {
            return settings.searches() && settings.rangeX((int) shape[2]) + settings.rangeY() > 0;
        }

        private double featureBytes() {
            return (elements(shape) + elements(otherShape())) * dtype.bytes();
        }
    }

    /** The tensors of a row. */
    private record Operands(Row row, Tensor f, Tensor g, Tensor weights) {
        static Operands of(Row row, OpSetup s) {
            Tensor f = features(row, s, row.shape());
            Tensor g = features(row, s, row.otherShape());
            long[] grid = {row.shape()[0], row.shape()[1], row.shape()[2]};
            Tensor weights = s.input(F32, Layout.DENSE, x -> Math.abs(x) / (grid[1] * grid[2]), grid);
            return new Operands(row, f, g, weights);
        }

        private static Tensor features(Row row, OpSetup s, long[] shape) {
            Tensor x = s.input(row.dtype(), row.layout(), row.values(), shape);
            if (row.constantRows()) {
                Tensor first = s.input(row.dtype(), Layout.DENSE, row.values(), Rows.with(shape, 2, 1));
                s.backend().copy(first.broadcast(shape), x);
            }
            return x;
        }

        long[] winnersShape() {
            return new long[] {g.dim(0), g.dim(1), g.dim(2)};
        }

        long[] savedShape() {
            return new long[] {g.dim(0), row.settings().savedWidth(g.dim(1), g.dim(2))};
        }

        void forward(Backend b, Tensor cost, Tensor winners, Tensor saved) {
            if (row.weighted()) {
                b.pixelMatching(f, g, row.settings(), weights, cost, winners, saved);
            } else {
                b.pixelMatching(f, g, row.settings(), cost, winners, saved);
            }
        }

        void backward(TrainingOps b, Tensor winners, Tensor saved, Tensor gradCost, Tensor gradF, Tensor gradG) {
            if (row.weighted()) {
                b.pixelMatchingBackward(f, g, row.settings(), weights, winners, saved, gradCost, gradF, gradG);
            } else {
                b.pixelMatchingBackward(f, g, row.settings(), winners, saved, gradCost, gradF, gradG);
            }
        }
    }

    static void addTo(Consumer<OpCase> rows) {
        Consumer<Row> both = row -> {
            rows.accept(forward(row));
            rows.accept(backward(row));
        };
        addScanlines(both);
        addTwoDimensional(both);
        addLiterals(both);
        PixelMatching whole = PixelMatching.DEFAULT;
        both.accept(row(whole, 1, 16, 16, 1280).of(Scale.MODEL));
        both.accept(row(scanline(PixelMatching.WHOLE_ROW, 3, Norm.IMAGE), 1, 16, 16, 1280)
                .of(Scale.MODEL));
        both.accept(row(whole, 8, 16, 16, 1280).against(2).of(Scale.BENCH));
        both.accept(row(scanline(PixelMatching.WHOLE_ROW, 3, Norm.IMAGE), 8, 16, 16, 1280)
                .against(2)
                .of(Scale.BENCH));
        both.accept(
                row(square(15, 15, 1, Norm.IMAGE), 8, 16, 16, 1280).against(2).of(Scale.BENCH));
    }

    private static void addScanlines(Consumer<Row> both) {
        PixelMatching whole = PixelMatching.DEFAULT;
        both.accept(row(whole, 0, 3, 4, 5));
        both.accept(row(whole, 1, 1, 1, 7));
        both.accept(row(whole, 2, 1, 7, 13)); // one row
        both.accept(row(whole, 2, 7, 1, 13)); // one column
        both.accept(row(whole, 3, 4, 17, 31).against(3));
        both.accept(row(whole, 2, 5, 9, 20).withConstantRows());
        both.accept(row(whole, 2, 5, 9, 20).withWeights().against(2));
        both.accept(row(whole, 2, 3, 5, 24).of(F32, Layout.COLUMNS));
        both.accept(row(whole, 2, 3, 5, 24).of(BF16, Layout.DENSE));
        both.accept(row(whole, 2, 3, 5, 24).of(BF16, Layout.COLUMNS));
        for (Norm norm : Norm.values()) {
            both.accept(row(scanline(0, 1, norm), 2, 3, 5, 16)); // equal positions only
            both.accept(row(scanline(3, 1, norm), 2, 4, 11, 19));
            both.accept(row(scanline(4, 3, norm), 2, 6, 8, 20));
            both.accept(row(scanline(40, 5, norm), 1, 2, 3, 65).withWeights()); // window beyond the grid
            both.accept(row(scanline(3, 1, norm), 2, 4, 6, 8).of(g -> 0)); // nothing but zeros
        }
        both.accept(row(new PixelMatching(Mode.SCANLINE, 0, 5, 1, Norm.IMAGE, 0.5f, 2), 1, 5, 6, 33));
        both.accept(row(new PixelMatching(Mode.SCANLINE, 0, 5, 1, Norm.IMAGE, 1, 0), 1, 5, 6, 33));
        both.accept(row(new PixelMatching(Mode.SCANLINE, 0, 5, 1, Norm.IMAGE, 0, 1), 1, 5, 6, 33));
    }

    private static void addTwoDimensional(Consumer<Row> both) {
        for (Norm norm : Norm.values()) {
            both.accept(row(square(2, 2, 3, norm), 2, 5, 6, 16));
            both.accept(row(square(1, 4, 1, norm), 2, 7, 9, 21).against(2));
        }
        both.accept(row(square(0, 3, 1, Norm.IMAGE), 1, 4, 5, 8));
        both.accept(row(square(50, 50, 1, Norm.IMAGE), 1, 9, 11, 16)); // the whole image, two blocks of rows
        both.accept(
                row(square(2, 2, 1, Norm.IMAGE), 2, 5, 6, 8).withConstantRows().withWeights());
    }

    private static void addLiterals(Consumer<Row> both) {
        for (Mode mode : new Mode[] {Mode.LITERAL_PRINTED, Mode.LITERAL_ONE_MINUS}) {
            PixelMatching literal = new PixelMatching(mode, 0, PixelMatching.WHOLE_ROW, 1, Norm.NONE, 1, 1);
            both.accept(row(literal, 3, 4, 5, 24));
            both.accept(row(literal, 2, 1, 1, 3).against(2));
        }
    }

    private static PixelMatching scanline(int reach, int window, Norm norm) {
        return new PixelMatching(Mode.SCANLINE, 0, reach, window, norm, 1, 1);
    }

    private static PixelMatching square(int reachY, int reachX, int window, Norm norm) {
        return new PixelMatching(Mode.SEARCH_2D, reachY, reachX, window, norm, 1, 1);
    }

    private static Row row(PixelMatching settings, long... shape) {
        return new Row(Scale.SMALL, settings, F32, Layout.DENSE, RANDOM, false, false, 1, shape);
    }

    private static OpCase forward(Row row) {
        double tolerance = Rows.tolerance(row.shape()[1] * row.shape()[2] * row.shape()[3]);
        return new OpCase(
                "pixelMatching " + row.name(),
                "pixelMatching",
                row.dtype(),
                tolerance,
                row.scale(),
                row.flops(),
                row.featureBytes(),
                s -> {
                    Operands operands = Operands.of(row, s);
                    Tensor cost = s.output(F32, operands.g().dim(0));
                    // Rows that can only have winner 0 would look as if they tested nothing.
                    Tensor winners = row.chooses()
                            ? s.output(DType.I32, operands.winnersShape())
                            : s.integers(DType.I32, 0, 1, operands.winnersShape());
                    Tensor saved = s.input(F32, operands.savedShape());
                    return () -> operands.forward(s.backend(), cost, winners, saved);
                });
    }

    /** Reads features and gradients, writes gradients; about eight operations per feature. */
    private static OpCase backward(Row row) {
        double features = row.featureBytes() / row.dtype().bytes();
        double tolerance = Rows.tolerance(row.shape()[1] * row.shape()[2] * row.shape()[3]);
        return new OpCase(
                "pixelMatchingBackward " + row.name(),
                "pixelMatchingBackward",
                row.dtype(),
                tolerance,
                row.scale(),
                8 * features,
                row.featureBytes() + 8 * features,
                s -> {
                    Operands operands = Operands.of(row, s);
                    Tensor gradCost = s.input(F32, operands.g().dim(0));
                    Tensor gradF = s.inOut(F32, row.layout(), g -> g / 16, row.shape());
                    Tensor gradG = s.inOut(F32, row.layout(), g -> g / 16, row.otherShape());
                    Tensor cost = s.input(F32, operands.g().dim(0));
                    Tensor winners = s.integers(DType.I32, 0, 1, operands.winnersShape());
                    Tensor saved = s.input(F32, operands.savedShape());
                    operands.forward(s.backend(), cost, winners, saved);
                    return () -> operands.backward(s.backend().training(), winners, saved, gradCost, gradF, gradG);
                });
    }
}
