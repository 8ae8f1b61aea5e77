package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Exact nearest neighbours by cosine: similarities come as matrix products of a block of images with a block of images, of
 * which only the K best of each image are kept. The N x N similarities never exist, and since they are symmetric only the
 * blocks on and above the diagonal are computed.
 *
 * <p>Cost: N^2 C operations. Memory: {@link #bytes}; about 0.32 GB for 184,000 images of 384 features.
 *
 * @param k neighbours of each image
 * @param block images of a block
 */
public record NeighbourSearch(int k, int block) {
    /** STEGO's number of neighbours that positives are drawn from, which MoCA's authors do not give. */
    public static final int DEFAULT_K = 7;

    /** On the CPU a block of 2048 x 2048 fp32 (16 MB) is still in the last-level cache when it is looked through. */
    private static final int DEFAULT_BLOCK = 2048;

    /** A card looks through the lists of 256 groups of rows at a time; 268 MB. */
    private static final int CARD_BLOCK = 8192;

    /** As many as {@link Backend#mergeTopK} lists. */
    private static final int MOST_NEIGHBOURS = 256;

    /** For alignment. */
    private static final long SLACK_BYTES = 1024;

    /** In place of an image where a list is not full yet. */
    private static final int NONE = -1;

    /** Checks that both are positive. */
    public NeighbourSearch {
        if (k < 1 || k > MOST_NEIGHBOURS || block < 1 || block > 1 << 14) {
            throw new IllegalArgumentException(
                    "neighbour search: expected K of 1 to %d and blocks of 1 to 16384 images, got %d and %d"
                            .formatted(MOST_NEIGHBOURS, k, block));
        }
    }

    /** Blocks of the usual size. */
    public NeighbourSearch(int k) {
        this(k, DEFAULT_BLOCK);
    }

    /** Blocks of the size that suits a backend. */
    public static NeighbourSearch on(Backend backend, int k) {
        return new NeighbourSearch(k, backend.info().isCard() ? CARD_BLOCK : DEFAULT_BLOCK);
    }

    /** Bytes that a search of n images of c features takes beside its input: on the device, and the results. */
    public long bytes(long n, long c) {
        return deviceBytes(n, c) + 8L * k * n;
    }

    /** The part of {@link #bytes} that is the backend's workspace: features, groups, a block and the lists. */
    long deviceBytes(long n, long c) {
        return 4 * n * c + 4 * n + 4 * blockValues(n) + 8L * k * n + SLACK_BYTES;
    }

    private long blockValues(long n) {
        return Math.min(n, block) * Math.min(n, block);
    }

    /**
     * Finds the neighbours of all images.
     *
     * @param features F32 [N, C], rows of unit length
     * @param groups image i and j are not neighbours if groups[i] == groups[j]; empty: no groups
     * @throws IllegalArgumentException if there are not K others for each
     */
    public NeighbourTable run(Backend backend, HostTensor features, int[] groups, WorkProgress progress) {
        int n = Math.toIntExact(features.shape().dim(0));
        if (features.shape().rank() != 2 || features.dtype() != DType.F32 || n <= k) {
            throw new IllegalArgumentException(
                    "neighbour search: expected F32 [N, C] with N > K = %d, got %s %s — use more clips or a smaller K"
                            .formatted(k, features.dtype(), features.shape()));
        }
        if (groups.length != 0 && groups.length != n) {
            throw new IllegalArgumentException(
                    "neighbour search: expected a group for each of %d images or none, got %d"
                            .formatted(n, groups.length));
        }
        int blocks = (n + block - 1) / block;
        try (Workspace ws = backend.workspace(deviceBytes(n, features.shape().dim(1)));
                WorkProgress.Task task = progress.begin("nearest neighbours", blocks * (blocks + 1) / 2, "blocks")) {
            Lists lists = Lists.empty(backend, ws, n, k, groups);
            Tensor all = backend.upload(ws, features, DType.F32);
            for (int row = 0; row < n; row += block) {
                int rowEnd = Math.min(n, row + block);
                for (int column = row; column < n; column += block) {
                    int columnEnd = Math.min(n, column + block);
                    try (Workspace.Frame _ = ws.frame()) {
                        Tensor left = all.slice(0, row, rowEnd);
                        Tensor right = all.slice(0, column, columnEnd);
                        Tensor cosines = ws.allocate(DType.F32, rowEnd - row, columnEnd - column);
                        backend.matmul(left, right.transpose(0, 1), 1, cosines);
                        lists.merge(backend, cosines, row, column);
                        if (column > row) {
                            lists.merge(backend, cosines.transpose(0, 1), column, row);
                        }
                    }
                    task.stepBy(1);
                }
            }
            return table(backend.downloadIntegers(lists.images()), backend.download(lists.cosines()));
        }
    }

    /**
     * The K most similar images so far of each image, on the device; for every image the others must come in ascending
     * order.
     *
     * @param groups I32 [N]
     * @param cosines F32 [N, K], best first
     * @param images I32 [N, K]
     */
    private record Lists(Tensor groups, Tensor cosines, Tensor images) {
        /** Without groups each image is one of its own, so that only itself is left out. */
        static Lists empty(Backend backend, Workspace ws, int n, int k, int[] groups) {
            int[] own = groups.length == 0 ? IntStream.range(0, n).toArray() : groups;
            HostTensor numbers = new HostTensor(MemorySegment.ofArray(own), DType.I32, Shape.of(n));
            int[] none = new int[n * k];
            Arrays.fill(none, NONE);
            HostTensor nobody = new HostTensor(MemorySegment.ofArray(none), DType.I32, Shape.of(n, k));
            float[] least = new float[n * k];
            Arrays.fill(least, Float.NEGATIVE_INFINITY);
            return new Lists(
                    backend.upload(ws, numbers, DType.I32),
                    backend.upload(ws, HostTensor.of(least, n, k), DType.F32),
                    backend.upload(ws, nobody, DType.I32));
        }

        /** Merges cosines [rows, columns] of the images from {@code row} on with those from {@code column} on. */
        void merge(Backend backend, Tensor block, int row, int column) {
            backend.mergeTopK(
                    block,
                    groups.slice(0, row, row + block.dim(0)),
                    groups.slice(0, column, column + block.dim(1)),
                    column,
                    cosines.slice(0, row, row + block.dim(0)),
                    images.slice(0, row, row + block.dim(0)));
        }
    }

    private NeighbourTable table(long[] listed, float[] cosines) {
        int[] images = new int[listed.length];
        for (int i = 0; i < images.length; i++) {
            if (listed[i] == NONE) {
                throw new IllegalArgumentException(
                        "neighbours of image %d: expected %d others with finite features, got %d — use more clips, a smaller K, or allow the same video"
                                .formatted(i / k, k, i % k));
            }
            images[i] = (int) listed[i];
        }
        return new NeighbourTable(k, images, cosines);
    }
}
