package dev.earshot.bench.jmh;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Workspace;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A fused op beside the same from general ops, both captured as programs. A subclass prepares the operands and says what the
 * two programs are; a test compares their results.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class FusionBench {
    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    private Backend backend;
    private Workspace workspace;
    private Program fused;
    private Program unfused;

    /** The ops of either side, on operands that {@link #prepare} made. */
    protected record Pair(Consumer<Backend> fused, Consumer<Backend> unfused) {}

    /** Makes the operands. */
    protected abstract Pair prepare(Backend backend, Workspace workspace);

    /** The last results of both, the fused ones first. */
    protected abstract float[][] results(Backend backend);

    /** Frees what a subclass holds beside tensors of the workspace. */
    protected void release() {}

    /** Opens the backend and captures both programs. */
    @Setup(Level.Trial)
    public final void open() {
        backend = Backends.open(backendName);
        workspace = backend.workspace(0);
        Pair pair = prepare(backend, workspace);
        fused = backend.capture(pair.fused());
        unfused = backend.capture(pair.unfused());
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public final void close() {
        unfused.close();
        fused.close();
        release();
        workspace.close();
        backend.close();
    }

    /** The fused side. */
    @Benchmark
    public final void fused() {
        fused.run();
        backend.synchronize();
    }

    /** The same from general ops. */
    @Benchmark
    public final void unfused() {
        unfused.run();
        backend.synchronize();
    }

    final float[][] results() {
        return results(backend);
    }
}
