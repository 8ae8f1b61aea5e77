package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * See {@link dev.earshot.tensor.Backend#pixelMatching}. Three phases: raw products and squared lengths of the pixels, which
 * is the only one that touches the features; costs and winners from those numbers; and the sum of each sample's costs in
 * the order of its pixels. The literal modes have the first and the last.
 *
 * @param weights [anchors, height, width]; absent for the mean
 */
record PixelMatchingOp(
        View f, View g, PixelMatching settings, Optional<View> weights, View cost, View winners, View saved)
        implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        View first = binder.denseInput(f);
        View second = binder.denseInput(g);
        MatchingGrid grid = MatchingGrid.of(f, g, settings);
        if (settings.searches()) {
            bindSearch(binder, grid, first, second);
        } else {
            bindLiteral(binder, grid, first, second);
        }
    }

    private void bindSearch(Binder binder, MatchingGrid grid, View first, View second) {
        // Eight bytes per pixel; there is no type for doubles in tensors, and none is needed outside this op.
        View pixelCosts = binder.temporary(DType.I64, grid.samples(), grid.pixels());
        MatchingProducts products = MatchingProducts.of(binder, grid, first, second, saved);
        for (int anchor = 0; anchor < grid.anchors(); anchor += products.slab()) {
            products.bind(binder, anchor);
            MatchingSearch.bind(binder, products, anchor, winners, pixelCosts);
        }
        RowSharing.add(binder, "pixel costs " + cost, grid.samples(), grid.samples(), worker -> sample -> {
            double sum = 0;
            for (int p = 0; p < grid.pixels(); p++) {
                sum += weight(grid, (int) sample, p) * ALL.get(F64, pixelCosts.at(sample * grid.pixels() + p));
            }
            ALL.set(F32, cost.at(sample), (float) sum);
        });
    }

    private double weight(MatchingGrid grid, int sample, int pixel) {
        return weights.isPresent()
                ? ALL.get(F32, weights.get().at((long) grid.anchorOf(sample) * grid.pixels() + pixel))
                : 1.0 / grid.pixels();
    }

    /** Per row of pixels four sums in the places of u, v, a and the squared lengths of f; then per sample their totals. */
    private void bindLiteral(Binder binder, MatchingGrid grid, View first, View second) {
        int rowLength = grid.width() * grid.channels();
        RowSharing.add(
                binder, "pixel sums " + f, (long) grid.samples() * grid.height(), g.elements(), worker -> unit -> {
                    long sample = unit / grid.height();
                    long pixel = unit % grid.height() * grid.width();
                    long x = first.at(grid.features(grid.anchorOf((int) sample), pixel));
                    long y = second.at(grid.features(sample, pixel));
                    ALL.set(F32, saved.at(grid.a(sample) + pixel), Dots.product(x, y, rowLength));
                    ALL.set(F32, saved.at(grid.u(sample) + pixel), Dots.squares(x, rowLength));
                    ALL.set(F32, saved.at(grid.v(sample) + pixel), Dots.squares(y, rowLength));
                    ALL.set(F32, saved.at(grid.squaresF(sample) + pixel), Dots.squaredDistance(x, y, rowLength));
                    for (int i = 0; i < grid.width(); i++) {
                        ALL.set(I32, winners.at(sample * grid.pixels() + pixel + i), 0);
                    }
                });
        RowSharing.add(
                binder,
                "literal costs " + cost,
                grid.samples(),
                grid.samples(),
                worker -> sample -> ALL.set(F32, cost.at(sample), (float) literalCost(grid, sample)));
    }

    private double literalCost(MatchingGrid grid, long sample) {
        double a = total(grid, grid.a(sample));
        double u = total(grid, grid.u(sample));
        double v = total(grid, grid.v(sample));
        double ssd = total(grid, grid.squaresF(sample));
        ALL.set(F32, saved.at(grid.a(sample)), (float) a);
        ALL.set(F32, saved.at(grid.u(sample)), (float) u);
        ALL.set(F32, saved.at(grid.v(sample)), (float) v);
        double m = Math.sqrt(u) * Math.sqrt(v);
        double ncc = m <= PixelMatching.EPS ? 0 : a / m;
        double second = settings.mode() == PixelMatching.Mode.LITERAL_PRINTED ? ncc : 1 - ncc;
        return settings.lambdaSsd() * ssd + settings.lambdaNcc() * second;
    }

    /** The sum of the numbers of the rows. */
    private double total(MatchingGrid grid, long from) {
        double sum = 0;
        for (int row = 0; row < grid.height(); row++) {
            sum += ALL.get(F32, saved.at(from + (long) row * grid.width()));
        }
        return sum;
    }
}
