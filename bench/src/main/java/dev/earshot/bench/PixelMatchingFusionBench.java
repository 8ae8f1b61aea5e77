package dev.earshot.bench;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.concurrent.TimeUnit;
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
 * The fused op of pixel matching beside the same costs from general ops ({@link UnfusedMatching}), both captured as programs:
 * a batch of anchors with a positive and a negative each, features [batch, 16, 16, 1280], whole rows. The fused op also
 * saves what its backward op needs, and its winners obey ties.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PixelMatchingFusionBench {
    private static final int SIDE = 16;
    private static final int CHANNELS = 1280;

    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    /** Anchors. */
    @Param("8")
    public int batch;

    private Backend backend;
    private Workspace workspace;
    private Tensor fusedCosts;
    private Tensor unfusedCosts;
    private Program fused;
    private Program unfused;

    /** Opens the backend and captures both programs. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName);
        workspace = backend.workspace(0);
        Tensor f = backend.upload(workspace, Filler.tensor("input.anchor", batch, SIDE, SIDE, CHANNELS), DType.F32);
        Tensor g = backend.upload(workspace, Filler.tensor("input.others", 2 * batch, SIDE, SIDE, CHANNELS), DType.F32);
        Tensor winners = workspace.allocate(DType.I32, 2L * batch, SIDE, SIDE);
        Tensor saved = workspace.allocate(DType.F32, 2L * batch, PixelMatching.DEFAULT.savedWidth(SIDE, SIDE));
        fusedCosts = workspace.allocate(DType.F32, 2L * batch);
        unfusedCosts = workspace.allocate(DType.F32, 2L * batch);
        UnfusedMatching ops = new UnfusedMatching(workspace, f, g, unfusedCosts, winners);
        fused = backend.capture(b -> b.pixelMatching(f, g, PixelMatching.DEFAULT, fusedCosts, winners, saved));
        unfused = backend.capture(ops::run);
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void close() {
        unfused.close();
        fused.close();
        workspace.close();
        backend.close();
    }

    /** One op: two launches on a card. */
    @Benchmark
    public void fused() {
        fused.run();
        backend.synchronize();
    }

    /** The same costs from about twenty ops per group. */
    @Benchmark
    public void unfused() {
        unfused.run();
        backend.synchronize();
    }

    /** The last costs of both, fused ones first. */
    float[][] costs() {
        return new float[][] {backend.download(fusedCosts), backend.download(unfusedCosts)};
    }
}
