package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * Exact nearest neighbours by cosine: similarities come as matrix products of a block of images with a block of images, of
 * which only the K best of each image are kept. The N x N similarities never exist, and since they are symmetric only the
 * blocks on and above the diagonal are computed.
 *
 * <p>Cost: N^2 C operations. Memory: {@link #bytes}; about 0.33 GB for 184,000 images of 384 features.
 *
 * @param k neighbours of each image
 * @param block images of a block
 */
public record NeighbourSearch(int k, int block) {
    /** STEGO's number of neighbours that positives are drawn from, which MoCA's authors do not give. */
    public static final int DEFAULT_K = 7;

    /** On the CPU a block of 2048 x 2048 fp32 (16 MB) is still in the last-level cache when it is looked through. */
    private static final int DEFAULT_BLOCK = 2048;

    /** For alignment. */
    private static final long SLACK_BYTES = 1024;

    /** Checks that both are positive. */
    public NeighbourSearch {
        if (k < 1 || block < 1 || block > 1 << 14) {
            throw new IllegalArgumentException(
                    "neighbour search: expected K of at least 1 and blocks of 1 to 16384 images, got %d and %d"
                            .formatted(k, block));
        }
    }

    /** Blocks of the usual size. */
    public NeighbourSearch(int k) {
        this(k, DEFAULT_BLOCK);
    }

    /** Bytes that a search of n images of c features takes beside its input: on the device, a block's copy, results. */
    public long bytes(long n, long c) {
        return deviceBytes(n, c) + 4 * blockValues(n) + 8L * k * n;
    }

    /** The part of {@link #bytes} that is the backend's workspace: features and a block. */
    long deviceBytes(long n, long c) {
        return 4 * n * c + 4 * blockValues(n) + SLACK_BYTES;
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
        TopK best = new TopK(n, k, groups);
        int blocks = (n + block - 1) / block;
        try (Workspace ws = backend.workspace(deviceBytes(n, features.shape().dim(1)));
                WorkProgress.Task task = progress.begin("nearest neighbours", blocks * (blocks + 1) / 2, "blocks")) {
            Tensor all = backend.upload(ws, features, DType.F32);
            float[] host = new float[0];
            for (int row = 0; row < n; row += block) {
                int rows = Math.min(block, n - row);
                for (int column = row; column < n; column += block) {
                    int columns = Math.min(block, n - column);
                    host = host.length == rows * columns ? host : new float[rows * columns];
                    similarities(
                            backend, ws, all.slice(0, row, row + rows), all.slice(0, column, column + columns), host);
                    best.mergeRows(host, rows, columns, row, column);
                    if (column > row) {
                        best.mergeColumns(host, rows, columns, row, column);
                    }
                    task.stepBy(1);
                }
            }
        }
        return best.table();
    }

    private static void similarities(Backend backend, Workspace ws, Tensor left, Tensor right, float[] out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor product = ws.allocate(DType.F32, left.dim(0), right.dim(0));
            backend.matmul(left, right.transpose(0, 1), 1, product);
            backend.download(product, out);
        }
    }
}
