package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.PixelMatching;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Second phase of pixel matching, for one worker: the cost of every candidate of a row of pixels, from raw products and
 * squared lengths, and the cheapest candidate of each pixel. Costs live in registers; sums over the window are taken down
 * the columns, then along the row, in double precision.
 */
final class MatchingSearch implements Task {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private final MatchingGrid grid;
    private final MatchingProducts products;
    private final int firstAnchor;
    private final int count;
    private final long from;
    private final long to;
    private final View saved;
    private final View winners;
    private final View pixelCosts;
    private final int[] displacements;
    private final int[] ranks;

    // Of the current sample, by pixel: reciprocal divisors and scaled squared lengths.
    private int sample;
    private final double[] scaleF;
    private final double[] scaleG;
    private final double[] squareF;
    private final double[] squareG;
    private final double[] rootF;
    private final double[] rootG;

    // Of the current displacement, by column: sums down the window.
    private final double[] a;
    private final double[] u;
    private final double[] v;

    // Of the current row, by column: the cheapest candidate so far.
    private final double[] bestCost;
    private final int[] best;
    private final double[] bestA;
    private final double[] bestU;
    private final double[] bestV;

    private MatchingSearch(
            MatchingProducts products, int firstAnchor, long from, long to, View winners, View pixelCosts) {
        this.grid = products.grid();
        this.products = products;
        this.firstAnchor = firstAnchor;
        this.count = Math.min(products.slab(), grid.anchors() - firstAnchor);
        this.from = from;
        this.to = to;
        this.saved = products.saved();
        this.winners = winners;
        this.pixelCosts = pixelCosts;
        this.displacements = grid.displacementsByRank();
        this.ranks = grid.ranks(displacements);
        int pixels = grid.pixels();
        this.scaleF = new double[pixels];
        this.scaleG = new double[pixels];
        this.squareF = new double[pixels];
        this.squareG = new double[pixels];
        this.rootF = new double[pixels];
        this.rootG = new double[pixels];
        int width = grid.width();
        this.a = new double[width];
        this.u = new double[width];
        this.v = new double[width];
        this.bestCost = new double[width];
        this.best = new int[width];
        this.bestA = new double[width];
        this.bestU = new double[width];
        this.bestV = new double[width];
    }

    /**
     * Adds the step for the anchors from {@code first} on.
     *
     * @param pixelCosts doubles, [samples, pixels]
     */
    static void bind(Binder binder, MatchingProducts products, int first, View winners, View pixelCosts) {
        MatchingGrid grid = products.grid();
        int count = Math.min(products.slab(), grid.anchors() - first);
        long rows = (long) count * grid.groups() * grid.height();
        long candidates = rows * grid.width() * grid.displacementsByRank().length;
        int workers = RowSharing.workers(binder, rows, candidates);
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            long from = rows * i / workers;
            shares[i] = new MatchingSearch(products, first, from, rows * (i + 1) / workers, winners, pixelCosts);
        }
        binder.add("pixel search " + winners, 0, shares);
    }

    @Override
    public void run() {
        sample = -1; // the features have changed since the last run
        for (long unit = from; unit < to; unit++) {
            int row = (int) (unit % grid.height());
            int place = (int) (unit / grid.height() % count);
            int group = (int) (unit / grid.height() / count);
            int current = group * grid.anchors() + firstAnchor + place;
            if (current != sample) {
                sample = current;
                loadScales();
            }
            search(place, group, row);
        }
    }

    private void search(int place, int group, int row) {
        Arrays.fill(best, -1);
        Arrays.fill(bestCost, Double.POSITIVE_INFINITY);
        if (grid.radius() == 0) {
            for (int x = 0; x < grid.width(); x++) {
                searchFor(place, group, row, x);
            }
        } else {
            for (int k : displacements) {
                int dy = grid.dy(k);
                if (row + dy >= 0 && row + dy < grid.height()) {
                    tryDisplacement(place, group, row, k);
                }
            }
        }
        store(row);
    }

    private void loadScales() {
        double scaleOfF = load(grid.squaresF(sample), squareF, scaleF, rootF);
        double scaleOfG = load(grid.squaresG(sample), squareG, scaleG, rootG);
        ALL.set(F32, saved.at(grid.scaleF(sample)), (float) scaleOfF);
        ALL.set(F32, saved.at(grid.scaleG(sample)), (float) scaleOfG);
    }

    /** Scales the squared lengths from {@code from} on and returns the factor of the image, 1 unless it is scaled as one. */
    private double load(long from, double[] squares, double[] scales, double[] roots) {
        double sum = 0;
        for (int p = 0; p < squares.length; p++) {
            squares[p] = ALL.get(F32, saved.at(from + p));
            sum += squares[p];
        }
        boolean byImage = grid.settings().norm() == PixelMatching.Norm.IMAGE;
        double ofImage = byImage ? reciprocal(Math.sqrt(sum / squares.length)) : 1;
        for (int p = 0; p < squares.length; p++) {
            scales[p] =
                    grid.settings().norm() == PixelMatching.Norm.PIXEL ? reciprocal(Math.sqrt(squares[p])) : ofImage;
            squares[p] *= scales[p] * scales[p];
            roots[p] = Math.sqrt(squares[p]);
        }
        return ofImage;
    }

    /** 0 where the scaled features are zero by definition. */
    static double reciprocal(double divisor) {
        return divisor <= PixelMatching.EPS ? 0 : 1 / divisor;
    }

    /** Without a window there is nothing to sum: the candidates of a pixel, row of g by row. */
    private void searchFor(int place, int group, int row, int x) {
        int reachY = grid.settings().rangeY();
        int from = Math.max(0, x - grid.rangeX());
        int to = (int) Math.min(grid.width(), (long) x + grid.rangeX() + 1);
        int first = Math.max(0, row - reachY);
        int last = (int) Math.min(grid.height(), (long) row + reachY + 1);
        for (int other = first; other < last; other++) {
            long products = this.products.rowAddress(place, group, row, other) + 4L * x;
            int k = (other - row + reachY) * (2 * grid.rangeX() + 1) - x + grid.rangeX();
            searchRow(row * grid.width() + x, x, products, other * grid.width(), k, from, to);
        }
    }

    /** @param k index of the displacement to column 0 of the row of g that starts at pixel {@code start} */
    private void searchRow(int p, int x, long product, int start, int k, int from, int to) {
        double halfSsd = grid.settings().lambdaSsd() * 0.5;
        double lambdaNcc = grid.settings().lambdaNcc();
        long step = 4 * products.stride();
        double least = bestCost[x];
        int winner = best[x];
        for (int other = from; other < to; other++) {
            int q = start + other;
            double sum = ALL.get(F32, product + step * other) * (scaleF[p] * scaleG[q]);
            double ssd = Math.max(0, squareF[p] + squareG[q] - 2 * sum);
            double m = rootF[p] * rootG[q];
            double ncc = m <= PixelMatching.EPS ? 0 : Math.max(-1, Math.min(1, sum / m));
            double cost = halfSsd * ssd + lambdaNcc * (1 - ncc);
            if (!(cost >= least) || winner < 0 || (cost == least && ranks[k + other] < ranks[winner])) {
                if (Double.isNaN(least)) {
                    break;
                }
                least = cost;
                winner = k + other;
                bestA[x] = sum;
                bestU[x] = squareF[p];
                bestV[x] = squareG[q];
            }
        }
        bestCost[x] = least;
        best[x] = winner;
    }

    private void tryDisplacement(int place, int group, int row, int k) {
        int dx = grid.dx(k);
        int from = Math.max(0, -dx);
        int to = Math.min(grid.width(), grid.width() - dx);
        int rows = sumColumns(place, group, row, k, from, to);
        double lambdaSsd = grid.settings().lambdaSsd();
        double lambdaNcc = grid.settings().lambdaNcc();
        for (int x = from; x < to; x++) {
            int left = Math.max(from, x - grid.radius());
            int right = Math.min(to, x + grid.radius() + 1);
            double sumA = a[left];
            double sumU = u[left];
            double sumV = v[left];
            for (int i = left + 1; i < right; i++) {
                sumA += a[i];
                sumU += u[i];
                sumV += v[i];
            }
            int places = rows * (right - left);
            double ssd = Math.max(0, (sumU + sumV - 2 * sumA) / (2 * places));
            double m = Math.sqrt(sumU) * Math.sqrt(sumV);
            double ncc = m <= PixelMatching.EPS ? 0 : Math.max(-1, Math.min(1, sumA / m));
            double cost = lambdaSsd * ssd + lambdaNcc * (1 - ncc);
            // The first candidate is taken whatever it costs; a cost that is not a number stays.
            if (cost < bestCost[x] || best[x] < 0 || Double.isNaN(cost)) {
                keep(x, k, cost, sumA, sumU, sumV);
            }
        }
    }

    private void keep(int x, int k, double cost, double sumA, double sumU, double sumV) {
        if (Double.isNaN(bestCost[x])) {
            return;
        }
        bestCost[x] = cost;
        best[x] = k;
        bestA[x] = sumA;
        bestU[x] = sumU;
        bestV[x] = sumV;
    }

    /** Sums the scaled products and squares of the columns over the window's valid rows, and returns how many these are. */
    private int sumColumns(int place, int group, int row, int k, int from, int to) {
        int dy = grid.dy(k);
        int dx = grid.dx(k);
        int first = Math.max(Math.max(0, -dy), row - grid.radius());
        int last = Math.min(Math.min(grid.height(), grid.height() - dy), row + grid.radius() + 1);
        Arrays.fill(a, from, to, 0);
        Arrays.fill(u, from, to, 0);
        Arrays.fill(v, from, to, 0);
        for (int y = first; y < last; y++) {
            int p = y * grid.width();
            int q = (y + dy) * grid.width() + dx;
            long product = products.rowAddress(place, group, y, y + dy) + 4 * products.stride() * dx;
            long step = 4 * products.diagonal();
            for (int x = from; x < to; x++) {
                a[x] += ALL.get(F32, product + step * x) * (scaleF[p + x] * scaleG[q + x]);
                u[x] += squareF[p + x];
                v[x] += squareG[q + x];
            }
        }
        return last - first;
    }

    private void store(int row) {
        for (int x = 0; x < grid.width(); x++) {
            int p = row * grid.width() + x;
            boolean number = !Double.isNaN(bestCost[x]);
            ALL.set(I32, winners.at((long) sample * grid.pixels() + p), number ? best[x] : -1);
            ALL.set(F64, pixelCosts.at((long) sample * grid.pixels() + p), bestCost[x]);
            ALL.set(F32, saved.at(grid.a(sample) + p), (float) bestA[x]);
            ALL.set(F32, saved.at(grid.u(sample) + p), (float) bestU[x]);
            ALL.set(F32, saved.at(grid.v(sample) + p), (float) bestV[x]);
        }
    }
}
