package dev.earshot.tensor.cpu;

import dev.earshot.bindings.LibraryReport;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.OpenMp;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.internal.HostWorkspace;
import dev.earshot.tensor.internal.LeakRegistry;
import dev.earshot.tensor.internal.OpChecks;
import dev.earshot.tensor.internal.PixelMatchingChecks;
import dev.earshot.tensor.internal.ThreadGuard;
import dev.earshot.tensor.internal.TrainingChecks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The CPU backend. It owns its worker threads, the primitives it made and the steps of the ops it was asked for; the calling
 * thread is one of the workers, and its OpenMP thread count becomes 1. Used by one thread at a time. An op that is called
 * again with the same tensors costs a hash look-up and the work itself. Longer than other files here because the op
 * interface is wide: below the life cycle it only checks arguments and makes op records.
 *
 * <p>Primitives are kept until close, one per op and shape (some tens of kilobytes each). {@code -Dearshot.profile=true} logs a
 * table of the time per step at close; {@code ONEDNN_MAX_CPU_ISA} in the environment lowers the instruction set.
 */
public final class CpuBackend implements Backend {
    private static final int MOST_THREADS = 16;
    private static final long SHARED_BLOCK = 4L << 20;

    private final ThreadGuard guard = new ThreadGuard("cpu backend");
    private final LeakRegistry.Handle leak;
    private final LibraryReport library;
    private final OneDnn onednn;
    private final Profile profile = new Profile(Boolean.getBoolean("earshot.profile"));
    private final PrimitiveCache primitives = new PrimitiveCache();
    private final Scratch shared = new Scratch(SHARED_BLOCK);
    private final BoundOps bound = new BoundOps();
    private final TrainingOps training = new CpuTraining(this);
    private final Team team;
    private final boolean nativeBf16;

    private Thread lastCaller;
    private List<Step> recording = List.of();
    private boolean capturing;
    private int children;
    private boolean closed;

    /** A backend with {@code -Dearshot.cpu.threads} workers, by default one per processor up to {@value #MOST_THREADS}. */
    public CpuBackend() {
        this(Integer.getInteger(
                "earshot.cpu.threads",
                Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors())));
    }

    /**
     * A backend with {@code threads} workers, the caller included.
     *
     * @throws dev.earshot.bindings.NativeLibraryException if oneDNN cannot be loaded
     */
    public CpuBackend(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("cpu backend threads: expected at least 1, got " + threads);
        }
        this.library = NativeLibraries.loadOneDnn();
        OpenMp.setNumThreads(1);
        this.lastCaller = Thread.currentThread();
        this.onednn = new OneDnn();
        this.nativeBf16 = Isa.effective().nativeBf16(onednn);
        this.team = new Team(threads, onednn, profile);
        this.leak = LeakRegistry.track("cpu backend");
    }

    @Override
    public BackendInfo info() {
        return new BackendInfo(
                "cpu",
                Isa.processor(),
                List.of(library.library() + " " + library.version()),
                List.of(
                        "%d worker threads".formatted(team.size()),
                        "instruction set used by oneDNN: " + Isa.effective().name(),
                        nativeBf16
                                ? "bf16: native products with fp32 accumulation"
                                : "bf16: emulated, operands rounded to bf16 and multiplied in fp32; no faster than fp32"));
    }

    @Override
    public boolean isNative(DType compute) {
        return compute == DType.F32 || (compute == DType.BF16 && nativeBf16);
    }

    /** One line {@code implementation <- what} per primitive made so far; names starting with {@code ref} are slow. */
    List<String> implementations() {
        return primitives.implementations();
    }

    @Override
    public Workspace workspace(long bytes) {
        return exclusively("workspace", () -> {
            Workspace workspace = new HostWorkspace(bytes, this::childClosed);
            children++;
            return workspace;
        });
    }

    @Override
    public ParameterScope parameters() {
        return exclusively("parameters", () -> {
            children++;
            return new CpuParameters(this);
        });
    }

    @Override
    public Program capture(Consumer<Backend> forward) {
        return exclusively("capture", () -> {
            notCapturing("capture");
            List<Step> steps = new ArrayList<>();
            recording = steps;
            capturing = true;
            boolean complete = false;
            try {
                forward.accept(this);
                complete = true;
            } finally {
                capturing = false;
                recording = List.of();
                if (!complete) {
                    BoundOps.release(steps.toArray(Step[]::new));
                }
            }
            children++;
            return new CpuProgram(this, steps.toArray(Step[]::new));
        });
    }

    private void notCapturing(String call) {
        if (capturing) {
            throw new IllegalStateException(
                    "%s inside a capture: expected ops only — do it before or after".formatted(call));
        }
    }

    /** Runs {@code action} as the one thread inside, with this thread set up as worker 0. */
    <T> T exclusively(String call, Supplier<T> action) {
        guard.enter(call);
        try {
            prepare(call);
            return action.get();
        } finally {
            guard.exit();
        }
    }

    private void prepare(String call) {
        if (closed) {
            throw new IllegalStateException("cpu backend: " + call + " after close");
        }
        if (Thread.currentThread() != lastCaller) {
            OpenMp.setNumThreads(1);
            lastCaller = Thread.currentThread();
        }
    }

    Binder binder() {
        return new Binder(team, primitives, shared, nativeBf16);
    }

    private Step[] bind(Op op) {
        Binder binder = binder();
        boolean complete = false;
        try {
            op.bind(binder);
            complete = true;
            return binder.steps();
        } finally {
            if (!complete) {
                BoundOps.release(binder.steps());
            }
        }
    }

    /** Runs an op: from the steps bound for an equal one, or bound anew and, inside a capture, recorded. */
    void issue(String call, Tensor out, Supplier<Op> op) {
        guard.enter(call);
        try {
            prepare(call);
            if (out.shape().elements() == 0) {
                return;
            }
            Step[] steps;
            if (capturing) {
                steps = bind(op.get());
                recording.addAll(List.of(steps));
            } else {
                steps = bound.get(op.get(), this::bind);
            }
            team.run(steps, steps.length);
        } finally {
            guard.exit();
        }
    }

    /** Runs what a binder gathered, once, and frees it. */
    void runOnce(Binder binder) {
        Step[] steps = binder.steps();
        try {
            team.run(steps, steps.length);
        } finally {
            BoundOps.release(steps);
        }
    }

    /** Runs the steps of a program. */
    void replay(Step[] steps) {
        guard.enter("program run");
        try {
            prepare("program run");
            notCapturing("program run");
            team.run(steps, steps.length);
        } finally {
            guard.exit();
        }
    }

    /** Drops the steps that use the layers of a scope which is being closed. */
    void forget(CpuParameters scope) {
        bound.removeIf(op -> (op instanceof LinearOp linear && linear.layer().owner() == scope)
                || (op instanceof ConvolutionOp convolution
                        && convolution.layer().owner() == scope));
        children--;
    }

    void childClosed() {
        children--;
    }

    @Override
    public void upload(HostTensor source, Tensor out) {
        OpChecks.upload(source, out);
        exclusively("upload", () -> {
            notCapturing("upload");
            if (out.shape().elements() > 0) {
                HostCopies.upload(source, View.of(out));
            }
            return null;
        });
    }

    @Override
    public float[] download(Tensor x) {
        float[] values = new float[Math.toIntExact(x.shape().elements())];
        download(x, values);
        return values;
    }

    @Override
    public long[] downloadIntegers(Tensor x) {
        OpChecks.downloadIntegers(x);
        return exclusively("download", () -> {
            notCapturing("download");
            return HostCopies.downloadIntegers(View.of(x));
        });
    }

    @Override
    public void download(Tensor x, float[] out) {
        OpChecks.download(x, out.length);
        exclusively("download", () -> {
            notCapturing("download");
            if (out.length > 0) {
                HostCopies.download(View.of(x), out);
            }
            return null;
        });
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor out) {
        OpChecks.linear(x, layer, out);
        PackedLinear packed = own(layer);
        issue("linear", out, () -> new LinearOp(View.of(x), packed, activation, Optional.empty(), View.of(out)));
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor residual, Tensor out) {
        OpChecks.linear(x, layer, residual, out);
        PackedLinear packed = own(layer);
        issue(
                "linear",
                out,
                () -> new LinearOp(View.of(x), packed, activation, Optional.of(View.of(residual)), View.of(out)));
    }

    PackedLinear own(Linear layer) {
        if (!(layer instanceof PackedLinear packed) || packed.owner().backend() != this) {
            throw new IllegalArgumentException(
                    "linear layer: expected one made by a parameter scope of this backend, got " + layer);
        }
        packed.owner().ensureOpen("linear");
        return packed;
    }

    private PackedConvolution own(Convolution layer) {
        if (!(layer instanceof PackedConvolution packed) || packed.owner().backend() != this) {
            throw new IllegalArgumentException(
                    "conv2d convolution: expected one made by a parameter scope of this backend, got " + layer);
        }
        packed.owner().ensureOpen("conv2d");
        return packed;
    }

    @Override
    public void matmul(Tensor a, Tensor b, float alpha, Tensor out) {
        OpChecks.matmul(a, b, out);
        issue("matmul", out, () -> new Matmul(View.of(a), View.of(b), alpha, View.of(out)));
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        OpChecks.layerNorm(x, gamma, beta, out);
        issue(
                "layerNorm",
                out,
                () -> new NormOps.LayerNorm(
                        View.of(x), Optional.of(new NormOps.Affine(View.of(gamma), View.of(beta))), eps, View.of(out)));
    }

    @Override
    public void layerNorm(Tensor x, float eps, Tensor out) {
        OpChecks.layerNorm(x, out);
        issue("layerNorm", out, () -> new NormOps.LayerNorm(View.of(x), Optional.empty(), eps, View.of(out)));
    }

    @Override
    public void softmax(Tensor x, float scale, Tensor out) {
        OpChecks.softmax(x, out);
        issue("softmax", out, () -> new NormOps.Softmax(View.of(x), scale, View.of(out)));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        OpChecks.attention(q, k, v, heads, out);
        issue(
                "attention",
                out,
                () -> new Attention(View.of(q), View.of(k), View.of(v), heads, scale, Optional.empty(), View.of(out)));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        OpChecks.attention(q, k, v, heads, bias, out);
        issue(
                "attention",
                out,
                () -> new Attention(
                        View.of(q), View.of(k), View.of(v), heads, scale, Optional.of(View.of(bias)), View.of(out)));
    }

    @Override
    public void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        OpChecks.attentionWeights(q, k, heads, out);
        issue("attentionWeights", out, () -> new AttentionWeights(View.of(q), View.of(k), heads, scale, View.of(out)));
    }

    @Override
    public void conv2d(Tensor x, Convolution convolution, Tensor out) {
        OpChecks.conv2d(x, convolution, out);
        PackedConvolution packed = own(convolution);
        issue("conv2d", out, () -> new ConvolutionOp(View.of(x), packed, View.of(out)));
    }

    @Override
    public void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        OpChecks.unfold(x, kernelY, kernelX, strideY, strideX, out);
        issue("unfold", out, () -> new Unfold(View.of(x), kernelY, kernelX, strideY, strideX, View.of(out)));
    }

    @Override
    public void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        OpChecks.pool2d(x, kernel, stride, pad, out);
        issue("pool2d", out, () -> new Pool(View.of(x), op, kernel, stride, pad, View.of(out)));
    }

    @Override
    public void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        OpChecks.resize(x, stepY, stepX, out);
        issue("resize", out, () -> new Resize(View.of(x), kind, stepY, stepX, View.of(out)));
    }

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        OpChecks.elementwise("unary", x, out);
        issue("unary", out, () -> new Elementwise.Unary(op, View.of(x), View.of(out)));
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        OpChecks.binary(a, b, out);
        issue("binary", out, () -> new Elementwise.Binary(op, View.of(a), View.of(b), View.of(out)));
    }

    @Override
    public void affine(Tensor x, float alpha, float beta, Tensor out) {
        OpChecks.elementwise("affine", x, out);
        issue("affine", out, () -> new Elementwise.Affine(View.of(x), alpha, beta, View.of(out)));
    }

    @Override
    public void copy(Tensor x, Tensor out) {
        OpChecks.copy(x, out);
        issue("copy", out, () -> new Copy(View.of(x), View.of(out)));
    }

    @Override
    public void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        OpChecks.reduce(op, x, axis, out);
        int index = x.shape().axis(axis);
        issue("reduce", out, () -> new Reductions.Reduce(op, View.of(x), index, View.of(out)));
    }

    @Override
    public void l2Normalize(Tensor x, float eps, Tensor out) {
        OpChecks.l2Normalize(x, out);
        issue("l2Normalize", out, () -> new Reductions.L2Normalize(View.of(x), eps, View.of(out)));
    }

    @Override
    public void crossModalAttention(Tensor u, Tensor t, Tensor gate, float scale, Tensor out) {
        TrainingChecks.crossModalAttention(u, t, gate, out);
        issue(
                "crossModalAttention",
                out,
                () -> new CrossModalAttention.Forward(View.of(u), View.of(t), View.of(gate), scale, View.of(out)));
    }

    @Override
    public void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        issue("pixelMatching", cost, () -> matching(f, g, settings, Optional.empty(), cost, winners, saved));
    }

    @Override
    public void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        PixelMatchingChecks.weights("pixelMatching", f, settings, weights);
        Optional<View> own = Optional.of(View.of(weights));
        issue("pixelMatching", cost, () -> matching(f, g, settings, own, cost, winners, saved));
    }

    private static Op matching(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Optional<View> weights,
            Tensor cost,
            Tensor winners,
            Tensor saved) {
        return new PixelMatchingOp(
                View.of(f), View.of(g), settings, weights, View.of(cost), View.of(winners), View.of(saved));
    }

    @Override
    public TrainingOps training() {
        return training;
    }

    @Override
    public void argmax(Tensor x, Tensor out) {
        OpChecks.argmax(x, out);
        issue("argmax", out, () -> new Reductions.Argmax(View.of(x), View.of(out)));
    }

    /** Nothing to wait for: every op returns when its results are written. */
    @Override
    public void synchronize() {}

    @Override
    public void close() {
        guard.enter("close");
        try {
            if (closed) {
                return;
            }
            if (children > 0) {
                throw new IllegalStateException(
                        "cpu backend: close with %d open workspaces, parameter scopes or programs; close them first"
                                .formatted(children));
            }
            closed = true;
            bound.close();
            team.close();
            primitives.close();
            onednn.close();
            shared.close();
            leak.closed();
            if (!profile.isEmpty()) {
                System.getLogger("dev.earshot.tensor.cpu").log(System.Logger.Level.INFO, "profile\n{0}", profile);
            }
        } finally {
            guard.exit();
        }
    }
}
