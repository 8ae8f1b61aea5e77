package dev.earshot.tensor.autograd;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import java.util.function.Consumer;

/**
 * A backend that runs every op on another one and remembers how to differentiate it. Model code is given the tape in place
 * of the backend and does not notice:
 *
 * <pre>
 * tape.watch(parameter, gradient);       // once
 * tape.reset();                          // per step
 * model.forward(tape, ws, …, loss);
 * tape.zeroGradients();
 * tape.backward(loss);                   // adds to the gradients of what is watched
 * </pre>
 *
 * <p><b>How it works.</b> An allocation is <i>active</i> if a watched tensor has influenced it. An op without active inputs
 * simply runs: frozen layers before the first trained parameter leave no trace. An op with active inputs runs, copies what
 * its backward op will read ({@link SavedValues}) and adds a node to a list. {@link #backward} walks the list from its end.
 * A program that overwrites memory is differentiated as such: a node that wrote {@code out} reads the gradient of
 * {@code out}, adds to the gradients of its inputs, and then sets the gradient of {@code out} back to zero, because what
 * lay there before was another value ({@link Gradients}). An op that works in place moves the gradient aside first. This
 * is right as long as every op writes all of its result and nobody reads memory that was never written.
 *
 * <p>Inside {@link Backend#capture} a whole training step can be recorded and replayed: call {@code reset}, forward and
 * {@code backward} within it. Ops that have no backward op refuse active inputs. Selections (argmax, winners, clusters) are constants.
 *
 * <p>Does not own the backend; close the tape before it. One thread, that of the backend.
 */
public final class Tape implements Backend {
    private final Backend b;
    private final boolean recompute;
    private final Recording r;
    private final LayerOps layers;
    private final ElementwiseOps elementwise;

    /** A tape over {@code backend} that keeps what every op needs. */
    public Tape(Backend backend) {
        this(backend, false);
    }

    /** @param recompute keep only the state at the start of each {@link #checkpoint} segment and run it again for backward */
    public Tape(Backend backend, boolean recompute) {
        this.b = backend;
        this.recompute = recompute;
        this.r = new Recording(backend);
        this.layers = new LayerOps(r, backend);
        this.elementwise = new ElementwiseOps(r, backend);
    }

    /**
     * Asks for the gradient of {@code parameter}.
     *
     * @param parameter all of an allocation; must not be written while the tape holds a forward pass
     * @param gradient F32 of the same shape; backward passes add to it
     */
    public void watch(Tensor parameter, Tensor gradient) {
        r.gradients().watch(parameter, gradient);
    }

    /** Sets the gradients of everything watched to zero. */
    public void zeroGradients() {
        r.gradients().zeroWatched();
    }

    /** Forgets the recorded ops and gives back the copies; what is watched stays watched. */
    public void reset() {
        r.reset();
    }

    /** Differentiates {@code loss} (one element) with respect to everything watched; the recording is used up. */
    public void backward(Tensor loss) {
        if (loss.shape().elements() != 1) {
            throw new IllegalArgumentException("backward: expected a loss of one element, got " + loss);
        }
        requireActive(loss);
        b.training().fill(r.grad(loss), 1);
        r.backward();
    }

    /** As {@link #backward(Tensor)} from any tensor, given the gradient of something with respect to it. */
    public void backward(Tensor out, Tensor gradOut) {
        requireActive(out);
        b.training().accumulate(gradOut, 1, r.grad(out));
        r.backward();
    }

    private void requireActive(Tensor out) {
        if (!r.isActive(out)) {
            throw new IllegalStateException(
                    "backward: %s does not depend on anything watched — watch the parameters before the forward pass"
                            .formatted(out));
        }
    }

    /** Bytes of forward values kept for the backward pass, at their most so far. */
    public long savedBytes() {
        return r.savedBytes();
    }

    /** Bytes of gradients and temporaries of backward passes; gradients of watched tensors are not counted. */
    public long gradientBytes() {
        return r.gradientBytes();
    }

    /**
     * With {@code recompute}, keeps the state alone and runs the segment again in the backward pass. A segment that no
     * watched tensor influences leaves no trace in either case.
     */
    @Override
    public void checkpoint(Tensor state, Consumer<Backend> segment) {
        if (recompute && !r.isDropping()) {
            r.checkpoint(state, () -> segment.accept(this));
        } else {
            segment.accept(this);
        }
    }

    @Override
    public void close() {
        r.close();
    }

    // Differentiable ops.

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor out) {
        layers.linear(x, layer, activation, out);
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor residual, Tensor out) {
        layers.linear(x, layer, activation, residual, out);
    }

    @Override
    public void matmul(Tensor x, Tensor y, float alpha, Tensor out) {
        layers.matmul(x, y, alpha, out);
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        layers.layerNorm(x, gamma, beta, eps, out);
    }

    @Override
    public void layerNorm(Tensor x, float eps, Tensor out) {
        layers.layerNorm(x, eps, out);
    }

    @Override
    public void softmax(Tensor x, float scale, Tensor out) {
        layers.softmax(x, scale, out);
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        layers.attention(q, k, v, heads, scale, out);
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        layers.attention(q, k, v, heads, scale, bias, out);
    }

    @Override
    public void crossModalAttention(Tensor u, Tensor latents, Tensor gate, float scale, Tensor out) {
        layers.crossModalAttention(u, latents, gate, scale, out);
    }

    @Override
    public void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        layers.pixelMatching(f, g, settings, cost, winners, saved);
    }

    @Override
    public void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved) {
        layers.pixelMatching(f, g, settings, weights, cost, winners, saved);
    }

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        elementwise.unary(op, x, out);
    }

    @Override
    public void binary(BinaryOp op, Tensor x, Tensor y, Tensor out) {
        elementwise.binary(op, x, y, out);
    }

    @Override
    public void affine(Tensor x, float alpha, float beta, Tensor out) {
        elementwise.affine(x, alpha, beta, out);
    }

    @Override
    public void copy(Tensor x, Tensor out) {
        elementwise.copy(x, out);
    }

    @Override
    public void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        elementwise.reduce(op, x, axis, out);
    }

    @Override
    public void l2Normalize(Tensor x, float eps, Tensor out) {
        elementwise.l2Normalize(x, eps, out);
    }

    // Ops that take frozen inputs only, and calls that are passed on.

    @Override
    public BackendInfo info() {
        return b.info();
    }

    @Override
    public boolean isNative(DType compute) {
        return b.isNative(compute);
    }

    @Override
    public Workspace workspace(long bytes) {
        return b.workspace(bytes);
    }

    @Override
    public ParameterScope parameters() {
        return b.parameters();
    }

    @Override
    public Program capture(Consumer<Backend> forward) {
        throw new IllegalStateException(
                "capture on a tape: expected it on the backend below — capture the whole step there, "
                        + "forward on the tape and backward, and replay that");
    }

    /** The training ops of the backend below; they are not recorded. */
    @Override
    public TrainingOps training() {
        return b.training();
    }

    @Override
    public void upload(HostTensor source, Tensor out) {
        b.upload(source, out);
        r.constant(out);
    }

    @Override
    public float[] download(Tensor x) {
        return b.download(x);
    }

    @Override
    public long[] downloadIntegers(Tensor x) {
        return b.downloadIntegers(x);
    }

    @Override
    public void download(Tensor x, float[] out) {
        b.download(x, out);
    }

    @Override
    public void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        frozen("attentionWeights", out, () -> b.attentionWeights(q, k, heads, scale, out), q, k);
    }

    @Override
    public void conv2d(Tensor x, Convolution convolution, Tensor out) {
        frozen("conv2d", out, () -> b.conv2d(x, convolution, out), x);
    }

    @Override
    public void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        frozen("unfold", out, () -> b.unfold(x, kernelY, kernelX, strideY, strideX, out), x);
    }

    @Override
    public void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        frozen("pool2d", out, () -> b.pool2d(x, op, kernel, stride, pad, out), x);
    }

    @Override
    public void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        frozen("resize", out, () -> b.resize(x, kind, stepY, stepX, out), x);
    }

    /** Pictures are constants. */
    @Override
    public void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out) {
        b.normalizeImage(x, mean, std, out);
        r.constant(out);
    }

    /** A selection: its result is a constant. */
    @Override
    public void argmax(Tensor x, Tensor out) {
        b.argmax(x, out);
        r.constant(out);
    }

    @Override
    public void gridAttention(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor rowTable, Tensor columnTable, Tensor out) {
        frozen(
                "gridAttention",
                out,
                () -> b.gridAttention(q, k, v, heads, scale, rowTable, columnTable, out),
                q,
                k,
                v,
                rowTable,
                columnTable);
    }

    @Override
    public void partitionWindows(Tensor x, int window, Tensor padding, Tensor out) {
        frozen("partitionWindows", out, () -> b.partitionWindows(x, window, padding, out), x, padding);
    }

    @Override
    public void mergeWindows(Tensor x, int window, Tensor out) {
        frozen("mergeWindows", out, () -> b.mergeWindows(x, window, out), x);
    }

    /** Counts are constants. */
    @Override
    public void measureMasks(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out) {
        frozen("measureMasks", out, () -> b.measureMasks(logits, resize, threshold, offset, out), logits);
    }

    /** Pixels are constants. */
    @Override
    public void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        frozen("maskBits", out, () -> b.maskBits(logits, chosen, resize, threshold, out), logits);
    }

    /** A selection, of constants only. */
    @Override
    public void mergeTopK(
            Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        frozen("mergeTopK", values, () -> b.mergeTopK(x, rowGroups, columnGroups, firstColumn, values, indices), x);
        r.constant(indices);
    }

    /** Clusters are constants. */
    @Override
    public void cosineKMeans(
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia) {
        b.cosineKMeans(x, indices, settings, labels, centroids, similarities, inertia);
        r.constant(labels);
        r.constant(centroids);
        r.constant(similarities);
        r.constant(inertia);
    }

    @Override
    public void synchronize() {
        b.synchronize();
    }

    /** An op whose inputs must not depend on watched tensors; its result is a constant. */
    private void frozen(String name, Tensor out, Runnable op, Tensor... inputs) {
        r.refuse(name, inputs);
        op.run();
        r.constant(out);
    }
}
