package dev.earshot.tensor.cpu;

import dev.earshot.bindings.LibraryReport;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.OpenMp;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.internal.ChunkWorkspace;
import dev.earshot.tensor.internal.LeakRegistry;
import dev.earshot.tensor.internal.OpChecks;
import dev.earshot.tensor.internal.ThreadGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The CPU backend. It owns its worker threads, the primitives it made and the steps of the ops it was asked for; the calling
 * thread is one of the workers, and its OpenMP thread count becomes 1. Used by one thread at a time. An op that is called
 * again with the same tensors costs a hash look-up and the work itself. The ops are in {@link CpuForward} and
 * {@link CpuTraining}; here is their life cycle.
 *
 * <p>Primitives are kept, one per op and shape, up to {@value PrimitiveCache#CAPACITY} beside those of captured programs.
 * {@code -Dearshot.profile=true} logs a table of the time per step at close; {@code ONEDNN_MAX_CPU_ISA} in the environment
 * lowers the instruction set.
 */
public final class CpuBackend extends CpuForward {
    private static final int MOST_THREADS = 16;
    private static final long SHARED_BLOCK = 4L << 20;

    private final ThreadGuard guard = new ThreadGuard("cpu backend");
    private final LeakRegistry.Handle leak;
    private final LibraryReport library;
    private final OneDnn onednn;
    private final Profile profile;
    private final PrimitiveCache primitives;
    private final Scratch shared = new Scratch(SHARED_BLOCK);
    private final BoundOps bound = new BoundOps();
    private final TrainingOps training = new CpuTraining(this);
    private final Team team;
    private final boolean nativeBf16;
    private final Optional<DynamicInt8> int8;

    private Thread lastCaller;
    private List<Step> recording = List.of();
    private boolean capturing;
    private int children;
    private boolean closed;

    /** A backend with {@code -Dearshot.cpu.threads} workers, by default one per processor up to {@value #MOST_THREADS}. */
    public CpuBackend() {
        this(defaultThreads());
    }

    static int defaultThreads() {
        return Integer.getInteger(
                "earshot.cpu.threads",
                Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()));
    }

    /**
     * A backend with {@code threads} workers, the caller included.
     *
     * @throws dev.earshot.bindings.NativeLibraryException if oneDNN cannot be loaded
     */
    public CpuBackend(int threads) {
        this(threads, Optional.empty());
    }

    /**
     * A backend whose F32 linear layers, if wide enough, are computed in 8-bit integers: see {@link DynamicInt8}.
     *
     * @throws IllegalStateException if the processor lacks the instructions
     * @throws dev.earshot.bindings.NativeLibraryException if oneDNN cannot be loaded
     */
    public static CpuBackend int8(int threads) {
        NativeLibraries.loadOneDnn();
        return new CpuBackend(
                threads, Optional.of(DynamicInt8.of(Isa.effective().int8WeightLevels())));
    }

    CpuBackend(int threads, Optional<DynamicInt8> int8) {
        this(threads, int8, PrimitiveCache.CAPACITY);
    }

    /** A backend that keeps so many primitives beside those in use. */
    CpuBackend(int threads, Optional<DynamicInt8> int8, int primitiveCapacity) {
        if (threads < 1) {
            throw new IllegalArgumentException("cpu backend threads: expected at least 1, got " + threads);
        }
        this.int8 = int8;
        this.primitives = new PrimitiveCache(primitiveCapacity);
        this.library = NativeLibraries.loadOneDnn();
        OpenMp.setNumThreads(1);
        this.lastCaller = Thread.currentThread();
        this.onednn = new OneDnn();
        this.nativeBf16 = Isa.effective().nativeBf16(onednn);
        this.profile = new Profile(Boolean.getBoolean("earshot.profile"), threads);
        this.team = new Team(threads, onednn, profile);
        this.leak = LeakRegistry.track("cpu backend");
    }

    @Override
    public BackendInfo info() {
        List<String> facts = new ArrayList<>(List.of(
                "%d worker threads".formatted(team.size()),
                "instruction set used by oneDNN: " + Isa.effective().name(),
                nativeBf16
                        ? "bf16: native products with fp32 accumulation"
                        : "bf16: emulated, operands rounded to bf16 and multiplied in fp32; no faster than fp32"));
        int8.ifPresent(rule -> facts.add("int8: fp32 linear layers of at least %d columns, weights of +-%d"
                .formatted(rule.narrowest(), rule.weightLevels())));
        return new BackendInfo(
                int8.isPresent() ? "cpu:int8" : "cpu",
                Isa.processor(),
                List.of(library.library() + " " + library.version()),
                List.copyOf(facts));
    }

    @Override
    public boolean isNative(DType compute) {
        return compute == DType.F32 || (compute == DType.BF16 && nativeBf16);
    }

    /** The rule by which linear layers are quantised, if they are. */
    Optional<DynamicInt8> int8() {
        return int8;
    }

    /** One line {@code implementation <- what} per primitive kept; names starting with {@code ref} are slow. */
    List<String> implementations() {
        return primitives.implementations();
    }

    @Override
    public Workspace workspace(long bytes) {
        return exclusively("workspace", () -> {
            Workspace workspace = ChunkWorkspace.onHost(bytes, this::childClosed);
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

    /** For one op: the next binder may free primitives that nothing bound by this one holds. */
    Binder binder() {
        primitives.trim(bound::releaseOldest);
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
    @Override
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
                || (op instanceof Int8LinearOp int8 && int8.layer().owner() == scope)
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
    public TrainingOps training() {
        return training;
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
