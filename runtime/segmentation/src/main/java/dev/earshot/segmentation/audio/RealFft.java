package dev.earshot.segmentation.audio;

/**
 * Power spectra of many real frames at once: a Stockham radix-2 transform of half the length in which the frames are
 * the fastest dimension, so that every inner loop is contiguous, has one scalar twiddle and is vectorised by the JIT.
 *
 * <p>Unnormalised forward transform. Immutable; each caller brings its own {@link Scratch}.
 */
final class RealFft {
    /** Frames transformed together: long enough for the vector loops, small enough for the second-level cache. */
    static final int BATCH = 32;

    private final int half; // complex points
    private final float[] cos; // [half] cos and sin of 2 pi k / (2 half)
    private final float[] sin;

    /** Working memory for {@link #BATCH} frames. */
    final class Scratch {
        /** Even samples [half, BATCH]; destroyed by the transform. */
        float[] re = new float[half * BATCH];

        /** Odd samples [half, BATCH]; destroyed by the transform. */
        float[] im = new float[half * BATCH];

        private float[] otherRe = new float[half * BATCH];
        private float[] otherIm = new float[half * BATCH];

        /** |X|^2 of the bins 0 to half, [half + 1, BATCH]. */
        final float[] power = new float[(half + 1) * BATCH];

        private void swap() {
            float[] r = re;
            float[] i = im;
            re = otherRe;
            im = otherIm;
            otherRe = r;
            otherIm = i;
        }
    }

    /** For frames of {@code size} samples, a power of two of at least 2. */
    RealFft(int size) {
        half = size / 2;
        cos = new float[half + 1];
        sin = new float[half + 1];
        for (int k = 0; k <= half; k++) {
            cos[k] = (float) Math.cos(2 * Math.PI * k / size);
            sin[k] = (float) Math.sin(2 * Math.PI * k / size);
        }
    }

    Scratch scratch() {
        return new Scratch();
    }

    /** Turns the samples in {@code re} and {@code im} into {@code power}. */
    void powerSpectra(Scratch s) {
        for (int n = half, stride = BATCH; n > 1; n /= 2, stride *= 2) {
            int m = n / 2;
            for (int p = 0; p < m; p++) {
                int twiddle = p * (half / n) * 2;
                butterflies(s, stride, stride * p, stride * (p + m), cos[twiddle], -sin[twiddle]);
            }
            s.swap();
        }
        for (int k = 0; k <= half / 2; k++) {
            split(s, k);
        }
    }

    private static void butterflies(Scratch s, int count, int a, int b, float wr, float wi) {
        float[] xr = s.re;
        float[] xi = s.im;
        float[] yr = s.otherRe;
        float[] yi = s.otherIm;
        int sum = 2 * a;
        int difference = 2 * a + count;
        for (int q = 0; q < count; q++) {
            yr[sum + q] = xr[a + q] + xr[b + q];
        }
        for (int q = 0; q < count; q++) {
            yi[sum + q] = xi[a + q] + xi[b + q];
        }
        for (int q = 0; q < count; q++) {
            yr[difference + q] = (xr[a + q] - xr[b + q]) * wr - (xi[a + q] - xi[b + q]) * wi;
        }
        for (int q = 0; q < count; q++) {
            yi[difference + q] = (xr[a + q] - xr[b + q]) * wi + (xi[a + q] - xi[b + q]) * wr;
        }
    }

    /**
     * Bins k and half - k of the real transform from those of the packed one: with E and O the transforms of the even
     * and odd samples, X[k] = E + w O and X[half - k] = conj(E - w O).
     */
    private void split(Scratch s, int k) {
        int mirror = (half - k) % half * BATCH;
        int low = k * BATCH;
        int high = (half - k) * BATCH;
        float wr = cos[k];
        float wi = -sin[k];
        for (int f = 0; f < BATCH; f++) {
            float er = 0.5f * (s.re[low + f] + s.re[mirror + f]);
            float ei = 0.5f * (s.im[low + f] - s.im[mirror + f]);
            float or = 0.5f * (s.im[low + f] + s.im[mirror + f]);
            float oi = 0.5f * (s.re[mirror + f] - s.re[low + f]);
            float tr = wr * or - wi * oi;
            float ti = wr * oi + wi * or;
            s.power[low + f] = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
            s.power[high + f] = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
        }
    }
}
