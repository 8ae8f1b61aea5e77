package dev.earshot.segmentation.sam;

import dev.earshot.tensor.SplitMix64;
import java.util.Arrays;

/** Points of a picture whose sides are 1, in the order in which they are asked. Immutable. */
public final class PointGrid {
    private static final int MOST_PER_SIDE = 1024;

    private final double[] xy;

    private PointGrid(double[] xy) {
        this.xy = xy;
    }

    /**
     * Given points.
     *
     * @param xy x, y of each, from 0 to 1
     * @throws IllegalArgumentException if there is none, a number is missing, or one lies outside
     */
    public static PointGrid of(double... xy) {
        if (xy.length == 0 || xy.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "point grid: expected pairs of x and y, at least one, got " + xy.length + " numbers");
        }
        for (double share : xy) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("point grid: expected coordinates from 0 to 1, got " + share);
            }
        }
        return new PointGrid(xy.clone());
    }

    /** {@code perSide} x {@code perSide} points in the middles of as many cells, row by row. */
    public static PointGrid regular(int perSide) {
        return jittered(perSide, 0, 0);
    }

    /**
     * A regular grid whose points are moved at random.
     *
     * @param perSide cells a side
     * @param cells how far at most along each axis, in cells, from 0 to 0.5
     * @param seed equal seeds, equal points
     */
    static PointGrid jittered(int perSide, double cells, long seed) {
        if (perSide < 1 || perSide > MOST_PER_SIDE) {
            throw new IllegalArgumentException(
                    "point grid: expected 1 to " + MOST_PER_SIDE + " points a side, got " + perSide);
        }
        double first = 1.0 / (2.0 * perSide);
        double last = 1 - first;
        double step = perSide == 1 ? 0 : (last - first) / (perSide - 1);
        SplitMix64 random = new SplitMix64(seed);
        double[] xy = new double[2 * perSide * perSide];
        for (int i = 0; i < xy.length; i += 2) {
            xy[i] = at(i / 2 % perSide, perSide, first, step, last);
            xy[i + 1] = at(i / 2 / perSide, perSide, first, step, last);
            if (cells > 0) {
                xy[i] += (2 * random.unit() - 1) * cells / perSide;
                xy[i + 1] += (2 * random.unit() - 1) * cells / perSide;
            }
        }
        return new PointGrid(xy);
    }

    /** Rounds as numpy's linspace does: the last value is exact, the others come from the step. */
    private static double at(int i, int count, double first, double step, double last) {
        return i == count - 1 && count > 1 ? last : i * step + first;
    }

    /** Number of points. */
    public int count() {
        return xy.length / 2;
    }

    /** x, y of all points in a picture of the given size. */
    public double[] in(int width, int height) {
        double[] scaled = new double[xy.length];
        for (int i = 0; i < xy.length; i += 2) {
            scaled[i] = xy[i] * width;
            scaled[i + 1] = xy[i + 1] * height;
        }
        return scaled;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof PointGrid other && Arrays.equals(xy, other.xy);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(xy);
    }

    @Override
    public String toString() {
        return count() + " points";
    }
}
