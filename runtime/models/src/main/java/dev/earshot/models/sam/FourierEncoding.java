package dev.earshot.models.sam;

/**
 * Positions as sines and cosines of random frequencies: c in [0, 1]^2 becomes [sin p | cos p] with p = 2 pi (2 c - 1) G. On
 * the host and in double: arguments reach tens of radians, and there are few of them.
 *
 * @param frequencies G, [2][E / 2]; row 0 for x, row 1 for y
 */
record FourierEncoding(float[][] frequencies) {
    /** Values of an encoding, E. */
    int width() {
        return 2 * frequencies[0].length;
    }

    /** Writes the encoding of (x, y), both 0 to 1 across the frame, from {@code at} on. */
    void encode(double x, double y, float[] out, int at) {
        int half = frequencies[0].length;
        double u = 2 * x - 1;
        double v = 2 * y - 1;
        for (int i = 0; i < half; i++) {
            double p = 2 * Math.PI * (u * frequencies[0][i] + v * frequencies[1][i]);
            out[at + i] = (float) Math.sin(p);
            out[at + half + i] = (float) Math.cos(p);
        }
    }

    /** The encodings of a grid's cells at their centres, row by row: [rows * columns][E]. */
    float[] ofGrid(SamGrid grid) {
        float[] out = new float[Math.multiplyExact(grid.tokens(), width())];
        for (int row = 0, at = 0; row < grid.rows(); row++) {
            for (int column = 0; column < grid.columns(); column++, at += width()) {
                encode((column + 0.5) / grid.columns(), (row + 0.5) / grid.rows(), out, at);
            }
        }
        return out;
    }
}
