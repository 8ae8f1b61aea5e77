package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Launch;
import dev.earshot.cuda.device.Queue;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;

/**
 * The memory of one call of cosine k-means, packed as the {@code KMeans} struct of {@code kmeans.cuh}. A problem is one restart
 * of one frame. Made anew for each call, which is little beside its launches.
 */
public final class KMeansProblems {
    /** Threads of every block. */
    static final int BLOCK = 256;

    private static final int WARPS = BLOCK / 32;
    private static final int TILE_ROWS = 32;
    private static final int CHANNEL_BLOCK = 32;
    private static final int CHUNK = 64;
    private static final int STATE_BYTES = 32;
    private static final int WORDS = 36;
    private static final long ALIGNMENT = 256;

    private final Queue queue;
    private final long[] words = new long[WORDS];
    private final long frames;
    private final long problems;
    private final long rows;
    private final long clusters;
    private int count;

    /** Takes scratch memory of {@code cuda} and clears what must start as 0; tensors as the op takes them, not empty. */
    public KMeansProblems(
            CudaContext cuda,
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia) {
        this.queue = cuda.queue();
        this.frames = x.dim(0);
        this.problems = Math.multiplyExact(frames, settings.restarts());
        this.rows = x.dim(1);
        this.clusters = settings.clusters();
        long width = x.dim(2);
        long padded = (width + CHANNEL_BLOCK - 1) / CHANNEL_BLOCK * CHANNEL_BLOCK;
        checkGrid(Math.multiplyExact(problems, Math.max(tiles(), clusters)));
        add(cuda.address(x), x.stride(0), x.stride(1), cuda.address(indices));
        add(cuda.address(labels), cuda.address(centroids), cuda.address(similarities), cuda.address(inertia));
        addCleared(width);
        addUncleared(width, padded);
        add(settings.seed(), Double.doubleToRawLongBits(settings.tolerance()));
        add(frames, settings.restarts(), rows, width, padded, clusters);
    }

    private static void checkGrid(long blocks) {
        if (blocks > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "cosineKMeans: expected at most 2^31 - 1 restarts times clusters or tiles of rows, got %d — cluster fewer frames at a time"
                            .formatted(blocks));
        }
    }

    /** States, broken, taken, sizes, sums: one piece of memory that is cleared at once. */
    private void addCleared(long width) {
        long members = problems * clusters;
        long[] bytes = {STATE_BYTES * problems, 4 * frames, 4 * problems * rows, 4 * members, 8 * members * width};
        long total = 0;
        for (long each : bytes) {
            total += aligned(each);
        }
        long address = queue.scratch(total);
        queue.fill(address, total, 0);
        for (long each : bytes) {
            add(address);
            address += aligned(each);
        }
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private void addUncleared(long width, long padded) {
        long members = problems * clusters;
        long labels = problems * rows;
        addScratch(4 * frames * rows * padded, 4 * frames * rows, 4 * members); // unit, live, chosen
        addScratch(8 * labels, 8 * problems * ((rows + CHUNK - 1) / CHUNK)); // weight, chunks
        addScratch(4 * labels, 8 * labels, 2 * 4 * labels, 4 * members); // nearest, own, assigned, counts
        addScratch(8 * members * width, 4 * members * padded, 4 * members); // centroids, rounded, directionless
        addScratch(8 * members, 8 * members, 4 * frames); // turn, dots, best
    }

    private void addScratch(long... bytes) {
        for (long each : bytes) {
            add(queue.scratch(each));
        }
    }

    private void add(long... values) {
        for (long value : values) {
            words[count++] = value;
        }
    }

    private long tiles() {
        return (rows + TILE_ROWS - 1) / TILE_ROWS;
    }

    /** Starts the launch of a kernel, whose first argument is this. */
    Launch begin(Kernel kernel) {
        return queue.launch(kernel).struct(words);
    }

    /** Blocks of a kernel that gives each frame one. */
    long byFrame() {
        return frames;
    }

    /** Blocks of a kernel that gives each tile of each frame one. */
    long byFrameTile() {
        return frames * tiles();
    }

    /** Blocks of a kernel that gives each row of each frame a warp. */
    long byRow() {
        return (frames * rows + WARPS - 1) / WARPS;
    }

    /** Blocks of a kernel that gives each problem one. */
    long byProblem() {
        return problems;
    }

    /** Blocks of a kernel that gives each tile of each problem one. */
    long byProblemTile() {
        return problems * tiles();
    }

    /** Blocks of a kernel that gives each cluster of each problem one. */
    long byCluster() {
        return problems * clusters;
    }

    /** Blocks of a kernel that gives each cluster of each problem a warp. */
    long byClusterWarp() {
        return (problems * clusters + WARPS - 1) / WARPS;
    }

    /** K. */
    long clusters() {
        return clusters;
    }
}
