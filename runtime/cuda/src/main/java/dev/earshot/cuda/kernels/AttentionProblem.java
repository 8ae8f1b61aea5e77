package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import java.util.Locale;

/** Sizes and strides of an attention, as {@code attention.cuh} packs them. */
record AttentionProblem(long batches, long heads, long queries, long keys, long width, long valueWidth, long[] words) {
    /** Rows that a block of the kernels owns. */
    static final int ROWS = 64;

    /** Rows that are streamed past them at a time. */
    static final int COLUMNS = 32;

    /** Elements of a vector load, of F32 or bf16. */
    static final int GROUP = 4;

    /**
     * The problem of q [B, Nq, heads * hd], k [B, Nk, heads * hd] and v [B, Nk, heads * hdv].
     *
     * @param out [B, Nq, heads * hdv], the result or its gradient
     * @param group elements of the kernel's vector loads
     */
    static AttentionProblem of(
            CudaContext cuda, Tensor q, Tensor k, Tensor v, int heads, AttentionBias bias, Tensor out, int group) {
        long width = q.dim(2) / heads;
        long valueWidth = v.dim(2) / heads;
        long aligned = aligned(cuda, q, width, group, 0)
                | aligned(cuda, k, width, group, 1)
                | aligned(cuda, v, valueWidth, group, 2)
                | aligned(cuda, out, valueWidth, group, 3);
        long[] words = {
            q.dim(0),
            heads,
            q.dim(1),
            k.dim(1),
            width,
            valueWidth,
            q.stride(0),
            q.stride(1),
            k.stride(0),
            k.stride(1),
            v.stride(0),
            v.stride(1),
            out.stride(0),
            out.stride(1),
            bias.batchStride(),
            bias.headStride(),
            bias.queryStride(),
            aligned
        };
        return new AttentionProblem(q.dim(0), heads, q.dim(1), k.dim(1), width, valueWidth, words);
    }

    /** The problem of {@link #of} without values; {@code out} is [B, heads, Nq, Nk]. */
    static AttentionProblem ofWeights(CudaContext cuda, Tensor q, Tensor k, int heads, Tensor out) {
        long width = q.dim(2) / heads;
        long aligned = aligned(cuda, q, width, GROUP, 0) | aligned(cuda, k, width, GROUP, 1);
        long[] words = {
            q.dim(0),
            heads,
            q.dim(1),
            k.dim(1),
            width,
            0,
            q.stride(0),
            q.stride(1),
            k.stride(0),
            k.stride(1),
            0,
            0,
            out.stride(0),
            out.stride(2),
            0,
            0,
            0,
            aligned
        };
        return new AttentionProblem(q.dim(0), heads, q.dim(1), k.dim(1), width, 0, words);
    }

    /** Bit {@code bit} if every row of every head of x [B, N, heads * width] starts at a multiple of {@code group} elements. */
    static long aligned(CudaContext cuda, Tensor x, long width, int group, int bit) {
        boolean all = cuda.address(x) % ((long) group * x.dtype().bytes()) == 0
                && width % group == 0
                && (x.dim(0) == 1 || x.stride(0) % group == 0)
                && (x.dim(1) == 1 || x.stride(1) % group == 0);
        return all ? 1L << bit : 0;
    }

    /** A type as kernel names spell it. */
    static String name(DType dtype) {
        return dtype.name().toLowerCase(Locale.ROOT);
    }

    /** Place of x's type among those that the kernels exist for. */
    static int index(Tensor x) {
        return x.dtype() == DType.F32 ? 0 : 1;
    }

    /** Number of heads of all batch elements. */
    long allHeads() {
        return batches * heads;
    }

    /** Blocks that share {@code rows} rows. */
    static long blocks(long rows) {
        return ceiling(rows, ROWS);
    }

    static long ceiling(long count, long unit) {
        return (count + unit - 1) / unit;
    }

    /** The smallest of {@code widths} (ascending) that holds a head, or the largest: its index. */
    int widthIndex(int[] widths) {
        int i = 0;
        while (i < widths.length - 1 && Math.max(width, valueWidth) > widths[i]) {
            i++;
        }
        return i;
    }

    /** Bytes of shared memory for {@code rows} rows of {@code width} numbers and the weights of a step. */
    static int sharedBytes(int rows, int width) {
        return Float.BYTES * (rows * (width + GROUP) + ROWS * (COLUMNS + GROUP));
    }
}
