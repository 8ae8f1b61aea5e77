package dev.earshot.segmentation.proposals;

import java.util.Arrays;

/**
 * Graph-based segmentation (Felzenszwalb and Huttenlocher 2004): pixels are joined along edges of rising colour
 * difference while the difference is not larger than what either side already holds within, plus a slack of scale / size.
 */
final class PixelGraph {
    /** Differences are sorted in steps of this; a finer step changes no region that an eye can tell. */
    private static final float STEP = 0.25f;

    private final int width;
    private final int height;
    private final int edges;
    private final int[] from; // [edges], in rising order of difference
    private final int[] to; // [edges]
    private final float[] difference; // [edges]

    /**
     * Sorts the edges between neighbours, diagonals included.
     *
     * @param colours [height, width, 3], smoothed; differences are Euclidean
     */
    PixelGraph(float[] colours, int width, int height) {
        this.width = width;
        this.height = height;
        this.edges = 4 * width * height - 3 * (width + height) + 2;
        int[] a = new int[edges];
        int[] b = new int[edges];
        float[] d = new float[edges];
        int n = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                if (x + 1 < width) {
                    n = edge(colours, i, i + 1, a, b, d, n);
                }
                if (y + 1 < height) {
                    n = edge(colours, i, i + width, a, b, d, n);
                    if (x + 1 < width) {
                        n = edge(colours, i, i + width + 1, a, b, d, n);
                    }
                    if (x > 0) {
                        n = edge(colours, i, i + width - 1, a, b, d, n);
                    }
                }
            }
        }
        this.from = new int[edges];
        this.to = new int[edges];
        this.difference = new float[edges];
        sort(a, b, d);
    }

    private static int edge(float[] colours, int i, int j, int[] a, int[] b, float[] d, int n) {
        float r = colours[3 * i] - colours[3 * j];
        float g = colours[3 * i + 1] - colours[3 * j + 1];
        float v = colours[3 * i + 2] - colours[3 * j + 2];
        a[n] = i;
        b[n] = j;
        d[n] = (float) Math.sqrt(r * r + g * g + v * v);
        return n + 1;
    }

    /** A counting sort, which keeps edges of one step in reading order. */
    private void sort(int[] a, int[] b, float[] d) {
        int[] start = new int[(int) (442 / STEP) + 2]; // sqrt(3) * 255 = 441.7
        for (float x : d) {
            start[(int) (x / STEP) + 1]++;
        }
        for (int i = 1; i < start.length; i++) {
            start[i] += start[i - 1];
        }
        for (int e = 0; e < edges; e++) {
            int at = start[(int) (d[e] / STEP)]++;
            from[at] = a[e];
            to[at] = b[e];
            difference[at] = d[e];
        }
    }

    /**
     * Segments.
     *
     * @param scale the larger, the larger the regions
     * @param least regions of fewer pixels join the neighbour that is nearest in colour
     */
    Labels segment(double scale, int least) {
        int pixels = width * height;
        int[] parent = new int[pixels];
        int[] size = new int[pixels];
        float[] slack = new float[pixels]; // largest difference within, plus scale / size
        for (int i = 0; i < pixels; i++) {
            parent[i] = i;
            size[i] = 1;
            slack[i] = (float) scale;
        }
        for (int e = 0; e < edges; e++) {
            int a = root(parent, from[e]);
            int b = root(parent, to[e]);
            if (a != b && difference[e] <= slack[a] && difference[e] <= slack[b]) {
                int joined = join(parent, size, a, b);
                slack[joined] = difference[e] + (float) (scale / size[joined]);
            }
        }
        for (int e = 0; e < edges; e++) {
            int a = root(parent, from[e]);
            int b = root(parent, to[e]);
            if (a != b && (size[a] < least || size[b] < least)) {
                join(parent, size, a, b);
            }
        }
        return labels(parent);
    }

    private static int join(int[] parent, int[] size, int a, int b) {
        int keep = size[a] > size[b] || size[a] == size[b] && a < b ? a : b;
        int other = keep == a ? b : a;
        parent[other] = keep;
        size[keep] += size[other];
        return keep;
    }

    private static int root(int[] parent, int i) {
        int r = i;
        while (parent[r] != r) {
            parent[r] = parent[parent[r]];
            r = parent[r];
        }
        return r;
    }

    private Labels labels(int[] parent) {
        int[] labels = new int[parent.length];
        int[] number = new int[parent.length];
        Arrays.fill(number, -1);
        int count = 0;
        for (int i = 0; i < parent.length; i++) {
            int r = root(parent, i);
            if (number[r] < 0) {
                number[r] = count++;
            }
            labels[i] = number[r];
        }
        return new Labels(width, height, labels, count);
    }

    /**
     * A partition of the picture.
     *
     * @param of [height, width], numbers from 0 to {@code count} - 1 in reading order of their first pixels
     */
    record Labels(int width, int height, int[] of, int count) {}
}
