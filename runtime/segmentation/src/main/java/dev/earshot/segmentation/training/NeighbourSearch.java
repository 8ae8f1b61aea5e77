package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * Exact nearest neighbours by cosine: similarities come as matrix products of a block of rows with a block of columns, of
 * which only the K best of each row are kept. The N x N similarities never exist.
 *
 * <p>Cost: 2 N^2 C operations. Memory: {@link #bytes}; about 0.4 GB for 184,000 images of 384 features.
 *
 * @param k neighbours of each image
 * @param rowBlock rows of a block
 * @param columnBlock columns of a block
 */
public record NeighbourSearch(int k, int rowBlock, int columnBlock) {
    private static final int ROW_BLOCK = 2048;

    /** On the CPU a block of 2048 x 2048 fp32 (16 MB) is still in the last-level cache when it is looked through. */
    private static final int COLUMN_BLOCK = 2048;

    /** STEGO's number of neighbours that positives are drawn from, which MoCA's authors do not give. */
    public static final int DEFAULT_K = 7;

    /** For alignment. */
    private static final long SLACK_BYTES = 1024;

    /** Checks that all are positive. */
    public NeighbourSearch {
        if (k < 1 || rowBlock < 1 || columnBlock < 1 || (long) rowBlock * columnBlock > 1 << 28) {
            throw new IllegalArgumentException(
                    "neighbour search: expected K of at least 1 and blocks of 1 to 2^28 values, got %d, %d x %d"
                            .formatted(k, rowBlock, columnBlock));
        }
    }

    /** Blocks of the usual size. */
    public NeighbourSearch(int k) {
        this(k, ROW_BLOCK, COLUMN_BLOCK);
    }

    /** Bytes that a search of n images of c features takes beside its input: on the device, a block's copy, results. */
    public long bytes(long n, long c) {
        return deviceBytes(n, c) + 4 * Math.min(n, rowBlock) * Math.min(n, columnBlock) + 8L * k * (n + rowBlock);
    }

    /** The part of {@link #bytes} that is the backend's workspace: features and a block. */
    long deviceBytes(long n, long c) {
        return 4 * n * c + 4 * Math.min(n, rowBlock) * Math.min(n, columnBlock) + SLACK_BYTES;
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
        int[] neighbours = new int[Math.multiplyExact(n, k)];
        float[] similarities = new float[n * k];
        TopK best = new TopK(Math.min(n, rowBlock), k, groups);
        float[] host = new float[0];
        try (Workspace ws = backend.workspace(deviceBytes(n, features.shape().dim(1)));
                WorkProgress.Task task = progress.begin("nearest neighbours", n, "images")) {
            Tensor all = backend.upload(ws, features, DType.F32);
            for (int row = 0; row < n; row += rowBlock) {
                int rows = Math.min(rowBlock, n - row);
                best.clear();
                for (int column = 0; column < n; column += columnBlock) {
                    int columns = Math.min(columnBlock, n - column);
                    host = host.length == rows * columns ? host : new float[rows * columns];
                    try (Workspace.Frame _ = ws.frame()) {
                        Tensor block = ws.allocate(DType.F32, rows, columns);
                        Tensor right = all.slice(0, column, column + columns).transpose(0, 1);
                        backend.matmul(all.slice(0, row, row + rows), right, 1, block);
                        backend.download(block, host);
                    }
                    best.merge(host, rows, columns, row, column);
                }
                best.copyTo(rows, row, neighbours, similarities);
                task.stepBy(rows);
            }
        }
        return new NeighbourTable(k, neighbours, similarities);
    }
}
