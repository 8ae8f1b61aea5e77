package dev.earshot.tensor.cpu;

import dev.earshot.tensor.PixelMatching;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Sizes of one pixel matching, and where the numbers of a sample lie in its row of the {@code saved} tensor: the divisors'
 * reciprocals of the two images, then per pixel the sums a = sum f g, u = sum f^2, v = sum g^2 of its winner (scaled, over
 * the window), then the squared lengths of the raw pixels of f and of g.
 *
 * @param anchors samples of f
 * @param groups samples of g per sample of f; sample {@code group * anchors + anchor} meets {@code anchor}
 * @param rangeX largest horizontal displacement
 */
record MatchingGrid(int anchors, int groups, int height, int width, int channels, int rangeX, PixelMatching settings) {
    static MatchingGrid of(View f, View g, PixelMatching settings) {
        return new MatchingGrid(
                Math.toIntExact(f.dim(0)),
                Math.toIntExact(g.dim(0) / f.dim(0)),
                Math.toIntExact(f.dim(1)),
                Math.toIntExact(f.dim(2)),
                Math.toIntExact(f.dim(3)),
                settings.rangeX(Math.toIntExact(f.dim(2))),
                settings);
    }

    int samples() {
        return anchors * groups;
    }

    int pixels() {
        return height * width;
    }

    int radius() {
        return settings.window() / 2;
    }

    int anchorOf(int sample) {
        return sample % anchors;
    }

    private long saved(long sample, long offset) {
        return sample * settings.savedWidth(height, width) + offset;
    }

    long scaleF(long sample) {
        return saved(sample, 0);
    }

    long scaleG(long sample) {
        return saved(sample, 1);
    }

    long a(long sample) {
        return saved(sample, 2);
    }

    long u(long sample) {
        return saved(sample, 2 + (long) pixels());
    }

    long v(long sample) {
        return saved(sample, 2 + 2L * pixels());
    }

    long squaresF(long sample) {
        return saved(sample, 2 + 3L * pixels());
    }

    long squaresG(long sample) {
        return saved(sample, 2 + 4L * pixels());
    }

    /** Elements before pixel {@code pixel} of sample {@code sample} of f or g. */
    long features(long sample, long pixel) {
        return (sample * pixels() + pixel) * channels;
    }

    int dy(int k) {
        return k / (2 * rangeX + 1) - settings.rangeY();
    }

    int dx(int k) {
        return k % (2 * rangeX + 1) - rangeX;
    }

    /** All displacements that exist for some pixel, nearest first: the first of the cheapest ones wins. */
    int[] displacementsByRank() {
        return IntStream.range(0, (2 * settings.rangeY() + 1) * (2 * rangeX + 1))
                .filter(k -> Math.abs(dy(k)) < height && Math.abs(dx(k)) < width)
                .boxed()
                .sorted(Comparator.<Integer>comparingInt(k -> dy(k) * dy(k) + dx(k) * dx(k))
                        .thenComparingInt(k -> k))
                .mapToInt(k -> k)
                .toArray();
    }

    /** By displacement its place in {@code byRank}. */
    int[] ranks(int[] byRank) {
        int[] ranks = new int[(2 * settings.rangeY() + 1) * (2 * rangeX + 1)];
        for (int i = 0; i < byRank.length; i++) {
            ranks[byRank[i]] = i;
        }
        return ranks;
    }
}
