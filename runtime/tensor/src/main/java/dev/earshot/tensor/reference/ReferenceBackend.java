package dev.earshot.tensor.reference;

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
import dev.earshot.tensor.internal.Elements;
import dev.earshot.tensor.internal.LeakRegistry;
import dev.earshot.tensor.internal.OpChecks;
import dev.earshot.tensor.internal.ThreadGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The scalar reference: every op as its definition reads, on one thread, with fp64 accumulation. About a hundred times
 * slower than the CPU backend; good for tests, small models and as the last resort. With {@link Rounding#BF16} it computes
 * what a plain bf16 model would, see there.
 *
 * <p>The ops are in {@link ReferenceForward} and {@link ReferenceTraining}; here is their life cycle.
 */
public final class ReferenceBackend extends ReferenceForward {
    private final ThreadGuard guard = new ThreadGuard("reference backend");
    private final LeakRegistry.Handle leak = LeakRegistry.track("reference backend");
    private final TrainingOps training;
    private final Optional<DynamicInt8> int8;
    private List<Runnable> recording;
    private int children;
    private boolean closed;

    /** Computes in fp64 and rounds results to their type only. */
    public ReferenceBackend() {
        this(Rounding.NONE);
    }

    /** Rounds after every step as {@code rounding} says. */
    public ReferenceBackend(Rounding rounding) {
        this(rounding, Optional.empty());
    }

    /** Computes the linear layers that {@code int8} covers in 8-bit integers. */
    public ReferenceBackend(DynamicInt8 int8) {
        this(Rounding.NONE, Optional.of(int8));
    }

    private ReferenceBackend(Rounding rounding, Optional<DynamicInt8> int8) {
        super(rounding);
        this.int8 = int8;
        this.training = new ReferenceTraining(this::run, this::own, rounding);
    }

    /** The rule by which linear layers are quantised, if they are. */
    Optional<DynamicInt8> int8() {
        return int8;
    }

    void childClosed() {
        children--;
    }

    @Override
    public BackendInfo info() {
        String device = "scalar Java, " + System.getProperty("java.vm.name") + " " + Runtime.version();
        List<String> facts = new ArrayList<>(List.of("rounding: " + rounding()));
        int8.ifPresent(rule -> facts.add("int8: fp32 linear layers of at least %d columns, weights of +-%d"
                .formatted(rule.narrowest(), rule.weightLevels())));
        String name = int8.isPresent() ? "reference:int8" : "reference";
        return new BackendInfo(name, device, List.of(), List.copyOf(facts));
    }

    @Override
    public boolean isNative(DType compute) {
        return compute == DType.F32;
    }

    @Override
    public Workspace workspace(long bytes) {
        ensureOpen("workspace");
        ChunkWorkspace workspace = ChunkWorkspace.onHost(bytes, this::childClosed);
        children++;
        return workspace;
    }

    @Override
    public ParameterScope parameters() {
        ensureOpen("parameters");
        children++;
        return new ReferenceParameters(this);
    }

    @Override
    public Program capture(Consumer<Backend> forward) {
        guard.enter("capture");
        try {
            ensureOpen("capture");
            if (recording != null) {
                throw new IllegalStateException("capture inside capture: expected only ops");
            }
            recording = new ArrayList<>();
            forward.accept(this);
            return new ReferenceProgram(this, recording);
        } finally {
            recording = null;
            guard.exit();
        }
    }

    /** Runs one op and, while capturing, keeps it. */
    @Override
    void run(String op, Runnable body) {
        guard.enter(op);
        try {
            ensureOpen(op);
            body.run();
            if (recording != null) {
                recording.add(body);
            }
        } finally {
            guard.exit();
        }
    }

    /** Replays captured ops. */
    void replay(List<Runnable> steps) {
        run("program", () -> steps.forEach(Runnable::run));
    }

    /** Runs a transfer, which cannot be part of a program. */
    private void transfer(String call, Runnable body) {
        guard.enter(call);
        try {
            ensureOpen(call);
            if (recording != null) {
                throw new IllegalStateException(
                        call + " inside capture: expected only ops; move the transfer before or after it");
            }
            body.run();
        } finally {
            guard.exit();
        }
    }

    private void ensureOpen(String call) {
        if (closed) {
            throw new IllegalStateException("reference backend: " + call + " after close");
        }
    }

    @Override
    public void upload(HostTensor source, Tensor out) {
        OpChecks.upload(source, out);
        transfer("upload", () -> Elements.copy(source, out));
    }

    @Override
    public float[] download(Tensor x) {
        float[] values = new float[Math.toIntExact(x.shape().elements())];
        download(x, values);
        return values;
    }

    @Override
    public void download(Tensor x, float[] out) {
        OpChecks.download(x, out.length);
        transfer("download", () -> Elements.copy(x, out));
    }

    @Override
    public long[] downloadIntegers(Tensor x) {
        OpChecks.downloadIntegers(x);
        long[][] values = new long[1][];
        transfer("downloadIntegers", () -> values[0] = Elements.readIntegers(x));
        return values[0];
    }

    @Override
    public TrainingOps training() {
        return training;
    }

    @Override
    public void synchronize() {
        ensureOpen("synchronize");
    }

    @Override
    public void close() {
        guard.enter("close");
        try {
            if (closed) {
                return;
            }
            if (children > 0) {
                throw new IllegalStateException(
                        "reference backend: close with %d open workspace(s) or parameter scope(s); close them first"
                                .formatted(children));
            }
            closed = true;
            leak.closed();
        } finally {
            guard.exit();
        }
    }
}
