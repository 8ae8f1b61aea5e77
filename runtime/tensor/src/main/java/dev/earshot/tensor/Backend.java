package dev.earshot.tensor;

import java.util.function.Consumer;

/**
 * The op interface every model is written against: coarse ops, each one library call or one fused kernel. Ops read their
 * inputs, write {@code out} completely and return when that has happened (or, on a device, when it is queued on the
 * backend's stream). {@code out} must not overlap an input unless the op says so. Unless stated otherwise, inputs may be
 * strided views whose innermost stride is 1 and the result is written through {@code out}'s strides.
 *
 * <p>Every op checks shapes and types first and throws {@link IllegalArgumentException} naming the op, the argument, what
 * was expected and what it got. Zero-size tensors are legal and do nothing. Reductions run in a fixed order: the same
 * inputs give the same bits.
 *
 * <p>A backend is used by one thread at a time; a second thread gets an {@link IllegalStateException}. Workspaces and
 * parameter scopes made here must be closed before the backend.
 */
public interface Backend extends AutoCloseable {
    /** What this backend runs on. */
    BackendInfo info();

    /** True if products of this type run at least as fast as F32 here; BF16 is computed correctly everywhere. */
    boolean isNative(DType compute);

    /** A growing workspace that starts with {@code bytes}. */
    Workspace workspace(long bytes);

    /** A new, empty owner of prepared weights. */
    ParameterScope parameters();

    /**
     * Runs {@code forward} once (it must call only this backend's ops) and keeps its ops for replay.
     *
     * @param forward gets the backend to call
     */
    Program capture(Consumer<Backend> forward);

    /**
     * Copies host data into {@code out}, converting floats; shapes must be equal. The host data may be changed as soon as this
     * returns; on a device the copy itself is queued like an op.
     */
    void upload(HostTensor source, Tensor out);

    /** All elements of {@code x}, of any float type, as fp32, row-major. Waits for earlier ops. */
    float[] download(Tensor x);

    /** All elements of an I32, I64 or U8 tensor, row-major. Waits for earlier ops. */
    long[] downloadIntegers(Tensor x);

    /** Copies all elements of {@code x} into {@code out} (row-major), without allocating. */
    void download(Tensor x, float[] out);

    /**
     * out = activation(x W^T + b).
     *
     * @param x [..., in] of the layer's compute type
     * @param out [..., out], F32 or BF16
     */
    void linear(Tensor x, Linear layer, Activation activation, Tensor out);

    /**
     * out = residual + activation(x W^T + b), the sum taken in fp32.
     *
     * @param residual F32, the shape of out; may be the same tensor as out
     * @param out [..., out], F32
     */
    void linear(Tensor x, Linear layer, Activation activation, Tensor residual, Tensor out);

    /**
     * out = alpha * a b, batched.
     *
     * @param a [..., M, K]
     * @param b [..., K, N] of a's type; leading sizes equal to a's or 1; any strides (pass a transposed view for b^T)
     * @param out [..., M, N], F32 or a's type
     */
    void matmul(Tensor a, Tensor b, float alpha, Tensor out);

    /**
     * Row-wise layer normalisation with fp32 statistics (biased variance): (x - mean) / sqrt(var + eps) * gamma + beta.
     *
     * @param x [..., C]
     * @param gamma F32 [C]
     * @param beta F32 [C]
     */
    void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out);

    /** Layer normalisation without learned weights; see {@link #layerNorm(Tensor, Tensor, Tensor, float, Tensor)}. */
    void layerNorm(Tensor x, float eps, Tensor out);

    /** out = softmax(scale * x) along the last axis, computed in fp32. A row of nothing but minus infinity gives NaN. */
    void softmax(Tensor x, float scale, Tensor out);

    /**
     * Multi-head attention softmax(scale * q k^T) v, softmax in fp32.
     *
     * @param q [B, Nq, heads * hd]; a column slice of a joint qkv buffer is fine
     * @param k [B, Nk, heads * hd]
     * @param v [B, Nk, heads * hdv]
     * @param out [B, Nq, heads * hdv]
     */
    void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out);

    /**
     * Attention with an additive term: softmax(scale * q k^T + bias) v.
     *
     * @param bias F32 [B or 1, heads or 1, Nq or 1, Nk]; minus infinity masks a position out
     */
    void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out);

    /**
     * Attention between the tokens of a grid of h x w with decomposed relative positions (Segment Anything, MViTv2):
     *
     * <pre>
     * S[i, j] = scale * q_i . k_j + q_i . rowTable[y_i - y_j + h - 1] + q_i . columnTable[x_i - x_j + w - 1]
     * out_i = sum over j of softmax_j(S[i, j]) v_j
     * </pre>
     *
     * where token i is at row y_i = i / w and column x_i = i % w. The position terms take q unscaled. The scores of all
     * tokens are never in memory at once.
     *
     * @param q F32 or BF16 [B, h * w, heads * hd]; a column slice of a joint qkv buffer is fine
     * @param k q's type, [B, h * w, heads * hd]
     * @param v q's type, [B, h * w, heads * hdv]
     * @param rowTable F32 [2h - 1, hd], contiguous, shared by all heads
     * @param columnTable F32 [2w - 1, hd], contiguous
     * @param out F32 or BF16 [B, h * w, heads * hdv]
     */
    void gridAttention(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor rowTable, Tensor columnTable, Tensor out);

    /**
     * Cuts grids of tokens into square windows: rows of windows, columns of windows within them, tokens row by row within a
     * window. Where the grid is no multiple of the window, windows at the lower and right border are filled up.
     *
     * @param x F32 or BF16 [B, H, W, C], rows of C dense, other strides free
     * @param window side s of a window
     * @param padding F32 [C], contiguous: the token at positions outside the grid
     * @param out F32 or BF16 [B * ceil(H / s) * ceil(W / s), s * s, C], contiguous
     */
    void partitionWindows(Tensor x, int window, Tensor padding, Tensor out);

    /**
     * Puts windows back together, without what filled them up; the way back of {@link #partitionWindows}.
     *
     * @param x F32 or BF16 [B * ceil(H / s) * ceil(W / s), s * s, C], contiguous
     * @param window s
     * @param out F32 or BF16 [B, H, W, C], rows of C dense, other strides free
     */
    void mergeWindows(Tensor x, int window, Tensor out);

    /** Attention weights softmax(scale * q k^T), out F32 [B, heads, Nq, Nk]; see {@link #attention}. */
    void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out);

    /** Convolution of x [B, C, H, W] (contiguous, the compute type) into out [B, O, OH, OW] (contiguous, F32 or BF16). */
    void conv2d(Tensor x, Convolution convolution, Tensor out);

    /**
     * The patches of an image as rows, for a patch embedding by one linear layer.
     *
     * @param x [B, C, H, W]
     * @param out [B, rows * columns, C * kernelHeight * kernelWidth]; patches row-major, within a patch channel first
     */
    void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out);

    /** Pooling of x [B, C, H, W] into out [B, C, OH, OW]; sizes by floor; pad at most half the kernel. */
    void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out);

    /**
     * Resamples x [B, C, H, W] to the size of out [B, C, OH, OW], borders clamped, half-pixel centres: source position =
     * (i + 0.5) * H / OH - 0.5.
     */
    default void resize(Tensor x, Interpolation kind, Tensor out) {
        resize(x, kind, (double) x.dim(2) / out.dim(2), (double) x.dim(3) / out.dim(3), out);
    }

    /** As {@link #resize(Tensor, Interpolation, Tensor)} with explicit steps: source = (i + 0.5) * step - 0.5. */
    void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out);

    /**
     * Pictures as a network takes them: out = (x / 255 - mean) / std, channels first.
     *
     * @param x U8 [B, H, W, 3], contiguous
     * @param mean of each channel, on the scale 0 to 1
     * @param std of each channel, on the scale 0 to 1; positive
     * @param out F32 or BF16 [B, 3, H, W], contiguous
     */
    void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out);

    /** out = op(x); any strides; out may be x. */
    void unary(UnaryOp op, Tensor x, Tensor out);

    /** out = op(a, b) with numpy broadcasting of a and b to out's shape; any strides; out may be a or b. */
    void binary(BinaryOp op, Tensor a, Tensor b, Tensor out);

    /** out = alpha * x + beta, elementwise; any strides; out may be x. */
    void affine(Tensor x, float alpha, float beta, Tensor out);

    /**
     * Copies x, broadcast to out's shape, converting between types; any strides. A float becomes an integer by truncation
     * towards zero; what an integer type cannot hold becomes its nearest bound, NaN becomes 0.
     */
    void copy(Tensor x, Tensor out);

    /** Reduces one axis: out has x's shape without it. */
    void reduce(ReduceOp op, Tensor x, int axis, Tensor out);

    /** Divides every row (last axis) by max(its L2 norm, eps). */
    void l2Normalize(Tensor x, float eps, Tensor out);

    /** Index of the largest element of every row (last axis), the lowest on ties; out I32, x's shape without it. */
    void argmax(Tensor x, Tensor out);

    /**
     * The fusing attention of an audio-visual adapter: out = u + gate * softmax(scale * u t^T) t.
     *
     * @param u F32 [B, n, r], image tokens in the bottleneck
     * @param t F32 [B, m, r], latents in the bottleneck
     * @param gate F32 [1]
     * @param out F32 [B, n, r]
     */
    void crossModalAttention(Tensor u, Tensor t, Tensor gate, float scale, Tensor out);

    /**
     * Pixel matching aggregation: for each pixel of f the cheapest pixel of g, and the mean of these costs. Sample i of g is
     * compared with sample i mod B of f, so that n groups of grids (a positive and a negative one, say) are matched against
     * the same anchors in one call that reads the anchors once.
     *
     * <p>A pixel for which any candidate's cost is NaN has no winner: its entry in {@code winners} is -1 and the cost of its
     * sample NaN, which the caller must look for (see {@link PixelMatching#requireNumbers}); gradients of such a sample are
     * NaN as well.
     *
     * @param f F32 or BF16 [B, H, W, C]
     * @param g f's type, [n B, H, W, C]
     * @param cost F32 [n B]
     * @param winners I32 [n B, H, W], written: index of the winning displacement, (dy + rangeY) * (2 rangeX + 1) + dx + rangeX;
     *     0 in the literal modes
     * @param saved F32 [n B, settings.savedWidth(H, W)], contiguous: left for the backward op; its content is the backend's own
     */
    void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved);

    /**
     * As the other form with a weighted sum in place of the mean: cost = sum over the pixels p of weights[p] * cost[p]. Not
     * for the literal modes, whose sums are not per pixel.
     *
     * @param weights F32 [B, H, W], contiguous; constants, not normalised here
     */
    void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved);

    /**
     * Merges the elements of each row into its list of the K largest so far: best first, of equal ones the one that came
     * first, so that a search may go over its candidates block by block. An element whose column is of the row's group is
     * left out, and so is one that is not a number.
     *
     * @param x F32 [rows, columns]; any strides (pass a transposed view to list what is large in each column)
     * @param rowGroups I32 [rows]
     * @param columnGroups I32 [columns]
     * @param firstColumn what the lists call column 0
     * @param values F32 [rows, K], K up to 256; changed; minus infinity where a list is not full yet
     * @param indices I32 [rows, K], the columns that the values come from; changed
     */
    void mergeTopK(Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices);

    /**
     * Spherical k-means of each frame by itself: rows are scaled to length 1, a centroid is the direction of its members'
     * sum, a row belongs to the centroid of the largest cosine (the lowest on ties). Starts by k-means++ from random numbers
     * that depend on {@code settings.seed()} and the frame's index alone, keeps the best restart; sums and decisions are made
     * in fp64. A row of length at most 1e-6, or with an element that is not a number or infinite, never counts and gets
     * label 0 and cosines of 0; elements that are no numbers also make the frame's inertia NaN.
     *
     * @param x F32 [frames, rows, C], at least as many rows as clusters; any strides but the innermost
     * @param indices I32 [frames], the index of each frame in its clip: a frame gets the same clusters in whatever batch it
     *     comes
     * @param labels I32 [frames, rows]
     * @param centroids F32 [frames, K, C], unit length
     * @param similarities F32 [frames, rows, K], the cosine of each row with each centroid
     * @param inertia F32 [frames], sum over the rows that count of 1 - cosine to the own centroid
     */
    void cosineKMeans(
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia);

    /**
     * Counts the pixels of masks at the full size of their picture and finds their boxes, without making the masks.
     *
     * <p>The value L(y, x) of a pixel is fixed to the last bit, so that equal logits give equal results everywhere. An axis
     * from n to m positions has, in double, s = max(0, (o + 0.5) * n / m - 0.5) at position o, i0 = floor(s) (at most n - 1),
     * i1 = min(i0 + 1, n - 1), w1 = float(s - i0), w0 = 1 - w1 in fp32. Both stages of {@code resize} (logits to frame,
     * inset to picture) compute, in fp32 with every operation rounded (no fused multiply-add),
     * {@code wy0 * (wx0 * a + wx1 * b) + wy1 * (wx0 * c + wx1 * d)}, where a, b are the neighbours in row i0 and c, d those in
     * row i1.
     *
     * @param logits F32 [N, h, w], contiguous
     * @param threshold a pixel is set where L is larger (never where L is not a number)
     * @param offset o
     * @param out I32 [N, 7], contiguous: number of pixels with L above fp32(threshold + o), above fp32(threshold - o), above the
     *     threshold; least column, least row, largest column, largest row of the set pixels, inclusive; 0 where none is set
     */
    void measureMasks(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out);

    /**
     * The pixels of chosen masks at the full size of their picture, a bit each; values as in {@link #measureMasks}.
     *
     * @param logits F32 [N, h, w], contiguous
     * @param chosen I32 [M], contiguous: which of the N, each from 0 to N - 1 (not checked on a device: others give empty masks)
     * @param threshold a pixel is set where L is larger
     * @param out I64 [M, resize.words()], contiguous: pixel i, row by row, is bit i % 64 of word i / 64; the rest is 0
     */
    void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out);

    /** The backward ops and the optimiser's step. */
    TrainingOps training();

    /**
     * Runs a segment of a forward pass. A tape may keep {@code state} alone and run the segment again in the backward pass,
     * instead of keeping what the segment's ops need; here it simply runs.
     *
     * @param state the only tensor from outside that the segment changes; its memory must stay valid until the backward pass
     * @param segment calls ops of the backend it is given; allocates what it needs within frames of its own
     */
    default void checkpoint(Tensor state, Consumer<Backend> segment) {
        segment.accept(this);
    }

    /** Waits until all ops issued so far are done. */
    void synchronize();

    @Override
    void close();

    // Allocating forms, for code that reads better with results than with destinations.

    /** {@link #linear(Tensor, Linear, Activation, Tensor)} into a new tensor of the layer's compute type. */
    default Tensor linear(Workspace ws, Tensor x, Linear layer, Activation activation) {
        Tensor out = ws.allocate(layer.computeType(), x.shape().with(-1, layer.outputWidth()));
        linear(x, layer, activation, out);
        return out;
    }

    /** {@link #linear(Tensor, Linear, Activation, Tensor, Tensor)} into a new F32 tensor. */
    default Tensor linear(Workspace ws, Tensor x, Linear layer, Activation activation, Tensor residual) {
        Tensor out = ws.allocate(DType.F32, x.shape().with(-1, layer.outputWidth()));
        linear(x, layer, activation, residual, out);
        return out;
    }

    /** {@link #layerNorm(Tensor, Tensor, Tensor, float, Tensor)} into a new tensor of {@code dtype}. */
    default Tensor layerNorm(Workspace ws, Tensor x, Tensor gamma, Tensor beta, float eps, DType dtype) {
        Tensor out = ws.allocate(dtype, x.shape());
        layerNorm(x, gamma, beta, eps, out);
        return out;
    }

    /** {@link #copy} into a new contiguous tensor of {@code dtype}. */
    default Tensor copy(Workspace ws, Tensor x, DType dtype) {
        Tensor out = ws.allocate(dtype, x.shape());
        copy(x, out);
        return out;
    }

    /** {@link #upload} into a new tensor of {@code dtype}. */
    default Tensor upload(Workspace ws, HostTensor source, DType dtype) {
        Tensor out = ws.allocate(dtype, source.shape());
        upload(source, out);
        return out;
    }
}
