package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From clusters on the token grid to pixels: the similarity of each token to each centroid is enlarged bilinearly
 * (half-pixel centres, borders clamped) and every pixel goes to its largest one, the lowest cluster on ties. Borders come
 * out smoother than by enlarging labels. Where one cluster leads at both ends of a stretch between two columns of the grid it
 * leads everywhere between, so only stretches with a border are gone through pixel by pixel.
 */
public final class MaskUpsampler {
    /** Of the largest similarity: thousands of times what rounding can change in the difference of two pixels' values. */
    private static final double MARGIN = 1e-12;

    private final int clusters;
    private final int gridHeight;
    private final int gridWidth;
    private final float[] similarity; // [gridHeight * gridWidth, K]
    private final Scratch memory;

    /** For the clusters of a frame's grid of tokens. */
    public MaskUpsampler(FrameClusters frame, int gridHeight, int gridWidth) {
        this(frame, gridHeight, gridWidth, new Scratch());
    }

    /** With memory that other frames used before: then only what is returned is allocated. */
    public MaskUpsampler(FrameClusters frame, int gridHeight, int gridWidth, Scratch memory) {
        if (frame.labels().length != gridHeight * gridWidth) {
            throw new IllegalArgumentException("mask upsampling: expected %d x %d tokens, got %d"
                    .formatted(gridHeight, gridWidth, frame.labels().length));
        }
        this.clusters = frame.clusters();
        this.gridHeight = gridHeight;
        this.gridWidth = gridWidth;
        this.similarity = frame.similarities();
        this.memory = memory;
    }

    /** The cluster of every pixel of a frame, row-major. */
    public byte[] labels(int width, int height) {
        byte[] labels = new byte[Math.multiplyExact(width, height)];
        forEachRun(width, height, (y, from, to, label) -> Arrays.fill(labels, y * width + from, y * width + to, label));
        return labels;
    }

    /** The pixels of the selected clusters. */
    public BinaryMask mask(boolean[] selected, int width, int height) {
        BinaryMask mask = new BinaryMask(width, height);
        draw(selected, mask);
        return mask;
    }

    /** The pixels of the selected clusters, drawn over whatever {@code mask} held; its size is the frame's. */
    public void draw(boolean[] selected, BinaryMask mask) {
        mask.clear();
        forEachRun(mask.width(), mask.height(), (y, from, to, label) -> {
            if (selected[label]) {
                mask.setRun(y, from, to);
            }
        });
    }

    /** The pixels of each selected cluster by itself. */
    public List<BinaryMask> masks(boolean[] selected, int width, int height) {
        List<BinaryMask> masks = new ArrayList<>();
        for (int j = 0; j < clusters; j++) {
            if (selected[j]) {
                boolean[] only = new boolean[clusters];
                only[j] = true;
                masks.add(mask(only, width, height));
            }
        }
        return masks;
    }

    /** Gets all pixels of a row in order, as runs of pixels of one cluster. */
    private interface RunSink {
        void accept(int y, int from, int to, byte label);
    }

    private void forEachRun(int width, int height, RunSink sink) {
        memory.fit(gridHeight, gridWidth, clusters, width, height);
        Axis columns = memory.columns;
        double margin = MARGIN * largest();
        for (int y = 0; y < height; y++) {
            interpolateRow(memory.rows, y);
            for (int x = 0; x < width; ) {
                int to = columns.end[x];
                int from = x;
                x = to;
                int label = ruler(columns.first[from], columns.second[from], margin);
                if (label >= 0) {
                    sink.accept(y, from, to, (byte) label);
                } else {
                    pixels(y, from, to, sink);
                }
            }
        }
    }

    private double largest() {
        double largest = 0;
        for (float value : similarity) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /** The similarities of row y of the picture in the columns of the grid, [gridWidth, K]. */
    private void interpolateRow(Axis rows, int y) {
        int upper = rows.first[y] * gridWidth * clusters;
        int lower = rows.second[y] * gridWidth * clusters;
        double weight = rows.weight[y];
        for (int i = 0; i < gridWidth * clusters; i++) {
            memory.line[i] = similarity[upper + i] * (1 - weight) + similarity[lower + i] * weight;
        }
    }

    /**
     * The cluster that leads in two columns by more than rounding can hide, and so between them; -1 if none does. Then
     * {@code rivals} has the clusters that may lead somewhere between: those that the leaders of the two columns do not beat
     * in both of them.
     */
    private int ruler(int first, int second, double margin) {
        double[] line = memory.line;
        int a = first * clusters;
        int b = second * clusters;
        int left = 0;
        int right = 0;
        for (int j = 1; j < clusters; j++) {
            left = line[a + j] > line[a + left] ? j : left;
            right = line[b + j] > line[b + right] ? j : right;
        }
        int count = 0;
        for (int j = 0; j < clusters; j++) {
            boolean beaten = beats(line, a, b, left, j, margin) || beats(line, a, b, right, j, margin);
            if (!beaten) {
                memory.rivals[count++] = j;
            }
        }
        memory.rivalCount = count;
        return count == 1 ? memory.rivals[0] : -1;
    }

    private static boolean beats(double[] line, int a, int b, int one, int other, double margin) {
        return line[a + one] - line[a + other] > margin && line[b + one] - line[b + other] > margin;
    }

    /** Pixels between two columns one by one; the lowest cluster on ties, a later one only where it is larger. */
    private void pixels(int y, int from, int to, RunSink sink) {
        double[] best = memory.best;
        byte[] labels = memory.labels;
        double[] weight = memory.columns.weight;
        int a = memory.columns.first[from] * clusters;
        int b = memory.columns.second[from] * clusters;
        for (int i = 0; i < memory.rivalCount; i++) {
            byte j = (byte) memory.rivals[i];
            double left = memory.line[a + j];
            double right = memory.line[b + j];
            for (int x = from; x < to; x++) {
                double w = weight[x];
                double value = left * (1 - w) + right * w;
                if (i == 0 || value > best[x]) {
                    best[x] = value;
                    labels[x] = j;
                }
            }
        }
        int start = from;
        for (int x = from + 1; x < to; x++) {
            if (labels[x] != labels[start]) {
                sink.accept(y, start, x, labels[start]);
                start = x;
            }
        }
        sink.accept(y, start, to, labels[start]);
    }

    /** What a size of frames needs, kept for the next frame. One thread at a time. */
    public static final class Scratch {
        private Axis columns = new Axis(1, 0);
        private Axis rows = new Axis(1, 0);
        private double[] line = {};
        private double[] best = {};
        private byte[] labels = {};
        private int[] rivals = {};
        private int rivalCount;

        /** Empty; grows with the first frame. */
        public Scratch() {}

        private void fit(int gridHeight, int gridWidth, int clusters, int width, int height) {
            if (!columns.fits(gridWidth, width)) {
                columns = new Axis(gridWidth, width);
                best = new double[width];
                labels = new byte[width];
            }
            if (!rows.fits(gridHeight, height)) {
                rows = new Axis(gridHeight, height);
            }
            if (line.length != gridWidth * clusters || rivals.length != clusters) {
                line = new double[gridWidth * clusters];
                rivals = new int[clusters];
            }
        }
    }

    /** Where each output position lies between its two neighbours of the grid. */
    private static final class Axis {
        private final int[] first;
        private final int[] second;
        private final int[] end; // of the positions between the same two neighbours
        private final double[] weight;
        private final int from;

        private boolean fits(int fromSize, int toSize) {
            return from == fromSize && first.length == toSize;
        }

        private Axis(int from, int to) {
            this.from = from;
            first = new int[to];
            second = new int[to];
            end = new int[to];
            weight = new double[to];
            for (int i = 0; i < to; i++) {
                double source = Math.max(0, (i + 0.5) * from / to - 0.5);
                first[i] = Math.min((int) source, from - 1);
                second[i] = Math.min(first[i] + 1, from - 1);
                weight[i] = source - first[i];
            }
            for (int i = to - 1; i >= 0; i--) {
                end[i] = i + 1 < to && first[i] == first[i + 1] ? end[i + 1] : i + 1;
            }
        }
    }
}
