package dev.earshot.cuda;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.CudaOptions;
import dev.earshot.cuda.device.DeviceChunks;
import dev.earshot.cuda.device.DeviceProgram;
import dev.earshot.cuda.device.DeviceTensors;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.DType;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The CUDA backend: one card, one stream, one thread at a time (platform threads only). Ops are queued and return; what
 * reads results waits. A captured program is one CUDA graph. The ops are in {@link CudaForward} and {@link CudaTraining};
 * here is their life cycle.
 *
 * <p>After an error that leaves the device unusable every call fails with that error; closing still works.
 */
final class CudaBackend extends CudaForward implements CudaDiagnostics {
    private static final List<CudaDiagnostics> OPEN = new CopyOnWriteArrayList<>();

    private final ThreadGuard guard;
    private final LeakRegistry.Handle leak;
    private final CudaContext context;
    private final List<String> libraries;
    private final TrainingOps training;
    private int children;
    private boolean closed;

    /** A backend on card {@code ordinal}; the libraries are loaded. */
    static CudaBackend open(int ordinal, CudaOptions options, List<String> libraries) {
        CudaContext context = new CudaContext(ordinal, options);
        try {
            return new CudaBackend(context, libraries);
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
    }

    private CudaBackend(CudaContext context, List<String> libraries) {
        super(CudaOps.on(context));
        this.context = context;
        this.libraries = libraries;
        this.guard = new ThreadGuard(context + " backend");
        this.training = new CudaTraining(this, ops);
        this.leak = LeakRegistry.track(context + " backend");
        OPEN.add(this);
    }

    @Override
    public BackendInfo info() {
        var card = context.device();
        return new BackendInfo(
                context + (context.options().tf32() ? ":tf32" : ""),
                "%s, compute capability %s, %s"
                        .formatted(card.name(), card.computeCapability(), gigabytes(card.memoryBytes())),
                libraries,
                List.of(
                        "driver for CUDA " + card.driver(),
                        "%d multiprocessors, %s in use here"
                                .formatted(card.multiprocessors(), gigabytes(context.usedBytes())),
                        context.options().tf32()
                                ? "F32 products in tf32 on the matrix units"
                                : "F32 products in full fp32"));
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }

    /** See {@link CudaDiagnostics#open()}. */
    static List<CudaDiagnostics> allOpen() {
        return List.copyOf(OPEN);
    }

    @Override
    public long driverCalls() {
        return context.driverCalls();
    }

    @Override
    public long libraryCalls() {
        return context.libraryCalls();
    }

    @Override
    public Map<String, Long> usedBytesByPurpose() {
        return context.usedBytesByPurpose();
    }

    @Override
    public long peakBytes() {
        return context.peakBytes();
    }

    @Override
    public void restartPeak() {
        context.restartPeak();
    }

    @Override
    public long freeBytes() {
        return exclusively("free memory", context::freeBytes);
    }

    @Override
    public boolean isNative(DType compute) {
        return compute == DType.F32 || compute == DType.BF16;
    }

    @Override
    public Workspace workspace(long bytes) {
        return exclusively("workspace", () -> {
            Workspace workspace = new ChunkWorkspace(new DeviceChunks(context, "workspace"), bytes, this::childClosed);
            children++;
            return workspace;
        });
    }

    @Override
    public ParameterScope parameters() {
        return exclusively("parameters", () -> {
            children++;
            return new CudaParameters(this, context);
        });
    }

    @Override
    public Program capture(Consumer<Backend> forward) {
        return exclusively("capture", () -> {
            notCapturing("capture");
            Program program = context.capture(() -> forward.accept(this), new DeviceProgram.Owner() {
                @Override
                public void run(String call, Runnable body) {
                    guard.enter(call); // without a lambda: a replay allocates nothing however it is compiled
                    try {
                        prepare(call);
                        notCapturing(call);
                        body.run();
                    } finally {
                        guard.exit();
                    }
                }

                @Override
                public void release(Runnable body) {
                    CudaBackend.this.release(body);
                }
            });
            children++;
            return program;
        });
    }

    private void notCapturing(String call) {
        if (context.queue().isRecording()) {
            throw new IllegalStateException(
                    "%s inside a capture: expected ops only — do it before or after".formatted(call));
        }
    }

    /** Runs {@code action} as the one thread inside, with the context current. */
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
            throw new IllegalStateException("%s backend: %s after close".formatted(context, call));
        }
        context.ensureUsable(call);
        context.makeCurrent();
    }

    /** Gives a child's resources back, also on a device that is unusable. */
    void release(Runnable body) {
        guard.enter("close");
        try {
            context.releaseCurrent();
            body.run();
            children--;
        } finally {
            guard.exit();
        }
    }

    private void childClosed() {
        children--;
    }

    @Override
    void issue(String call, Tensor work, Runnable op) {
        guard.enter(call);
        try {
            prepare(call);
            if (work.shape().elements() > 0) {
                context.queue().beginOp();
                op.run();
            }
        } finally {
            guard.exit();
        }
    }

    private void transfer(String call, Tensor x, Runnable body) {
        issue(call, x, () -> {
            notCapturing(call);
            body.run();
        });
    }

    @Override
    public void upload(HostTensor source, Tensor out) {
        OpChecks.upload(source, out);
        transfer("upload", out, () -> write(source, out));
    }

    /** Copies host data to a tensor; types and strides are changed on the device. */
    void write(HostTensor source, Tensor out) {
        if (source.dtype() == out.dtype() && out.isContiguous()) {
            context.transfers().write(source.data(), context.address(out));
            return;
        }
        Tensor raw = DeviceTensors.scratch(context, source.dtype(), source.shape());
        context.transfers().write(source.data(), context.address(raw));
        ops.elementwise().copy(raw, out);
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
        transfer("download", x, () -> context.transfers().read(context.address(dense(x, DType.F32)), out));
    }

    @Override
    public long[] downloadIntegers(Tensor x) {
        OpChecks.downloadIntegers(x);
        long[] values = new long[Math.toIntExact(x.shape().elements())];
        transfer("download", x, () -> context.transfers().read(context.address(dense(x, DType.I64)), values));
        return values;
    }

    /** {@code x} itself or its values as a contiguous scratch tensor of {@code dtype}. */
    private Tensor dense(Tensor x, DType dtype) {
        if (x.dtype() == dtype && x.isContiguous()) {
            return x;
        }
        Tensor copy = DeviceTensors.scratch(context, dtype, x.shape());
        ops.elementwise().copy(x, copy);
        return copy;
    }

    @Override
    public TrainingOps training() {
        return training;
    }

    @Override
    public void synchronize() {
        exclusively("synchronize", () -> {
            notCapturing("synchronize");
            context.queue().synchronize();
            return null;
        });
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
                        "%s backend: close with %d open workspaces, parameter scopes or programs; close them first"
                                .formatted(context, children));
            }
            closed = true;
            OPEN.remove(this);
            ops.close();
            context.close();
            leak.closed();
        } finally {
            guard.exit();
        }
    }
}
