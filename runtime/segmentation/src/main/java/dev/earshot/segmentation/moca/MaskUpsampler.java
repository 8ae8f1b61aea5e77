package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import java.util.ArrayList;
import java.util.List;

/**
 * From clusters on the token grid to pixels: the similarity of each token to each centroid is enlarged bilinearly
 * (half-pixel centres, borders clamped) and every pixel goes to its largest one, the lowest cluster on ties. Borders come
 * out smoother than by enlarging labels.
 */
public final class MaskUpsampler {
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
        forEachRow(width, height, (y, row) -> System.arraycopy(row, 0, labels, y * width, width));
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
        int width = mask.width();
        forEachRow(width, mask.height(), (y, row) -> {
            for (int x = 0; x < width; x++) {
                if (selected[row[x]]) {
                    mask.set(x, y);
                }
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

    private interface RowSink {
        void accept(int y, byte[] labels);
    }

    private void forEachRow(int width, int height, RowSink sink) {
        memory.fit(gridHeight, gridWidth, width, height);
        Axis columns = memory.columns;
        Axis rows = memory.rows;
        double[] line = memory.line;
        double[] best = memory.best;
        byte[] labels = memory.labels;
        for (int y = 0; y < height; y++) {
            for (int j = 0; j < clusters; j++) {
                int upper = rows.first[y] * gridWidth;
                int lower = rows.second[y] * gridWidth;
                double weight = rows.weight[y];
                for (int x = 0; x < gridWidth; x++) {
                    line[x] = similarity[(upper + x) * clusters + j] * (1 - weight)
                            + similarity[(lower + x) * clusters + j] * weight;
                }
                for (int x = 0; x < width; x++) {
                    double w = columns.weight[x];
                    double value = line[columns.first[x]] * (1 - w) + line[columns.second[x]] * w;
                    if (j == 0 || value > best[x]) {
                        best[x] = value;
                        labels[x] = (byte) j;
                    }
                }
            }
            sink.accept(y, labels);
        }
    }

    /** What a size of frames needs, kept for the next frame. One thread at a time. */
    public static final class Scratch {
        private Axis columns = new Axis(1, 0);
        private Axis rows = new Axis(1, 0);
        private double[] line = {};
        private double[] best = {};
        private byte[] labels = {};

        /** Empty; grows with the first frame. */
        public Scratch() {}

        private void fit(int gridHeight, int gridWidth, int width, int height) {
            if (!columns.fits(gridWidth, width)) {
                columns = new Axis(gridWidth, width);
                line = new double[gridWidth];
                best = new double[width];
                labels = new byte[width];
            }
            if (!rows.fits(gridHeight, height)) {
                rows = new Axis(gridHeight, height);
            }
        }
    }

    /** Where each output position lies between its two neighbours of the grid. */
    private static final class Axis {
        private final int[] first;
        private final int[] second;
        private final double[] weight;

        private final int from;

        private boolean fits(int fromSize, int toSize) {
            return from == fromSize && first.length == toSize;
        }

        private Axis(int from, int to) {
            this.from = from;
            first = new int[to];
            second = new int[to];
            weight = new double[to];
            for (int i = 0; i < to; i++) {
                double source = Math.max(0, (i + 0.5) * from / to - 0.5);
                first[i] = Math.min((int) source, from - 1);
                second[i] = Math.min(first[i] + 1, from - 1);
                weight[i] = source - first[i];
            }
        }
    }
}
