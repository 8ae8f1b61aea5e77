package dev.earshot.segmentation.cascade;

import dev.earshot.tensor.SplitMix64;

/**
 * The point prompts of SAM-BIND: the middles of the cells of an n x n grid, each moved at random within its cell where the
 * papers' "positioned at random in a grid" is wanted.
 *
 * @param pointsPerSide n
 * @param jitter how far a point may move along each axis, as a fraction of a cell's side: 0 for a regular grid, 0.5 at most
 * @param seed of the random numbers; the same seed gives the same points in every frame
 */
public record JitteredGrid(int pointsPerSide, double jitter, long seed) {
    /** Checks sizes. */
    public JitteredGrid {
        if (pointsPerSide < 1) {
            throw new IllegalArgumentException("point grid: expected at least 1 point per side, got " + pointsPerSide);
        }
        if (!(jitter >= 0 && jitter <= 0.5)) {
            throw new IllegalArgumentException("point grid: expected a jitter of 0 to 0.5 cells, got " + jitter);
        }
    }

    /** The points as x, y in 0 to 1, row by row, x fastest: [n * n][2]. */
    public double[][] points() {
        SplitMix64 random = new SplitMix64(seed);
        double[][] points = new double[pointsPerSide * pointsPerSide][2];
        for (int i = 0; i < points.length; i++) {
            points[i][0] = (i % pointsPerSide + 0.5 + offset(random)) / pointsPerSide;
            points[i][1] = (i / pointsPerSide + 0.5 + offset(random)) / pointsPerSide;
        }
        return points;
    }

    private double offset(SplitMix64 random) {
        return jitter == 0 ? 0 : (2 * random.unit() - 1) * jitter;
    }
}
