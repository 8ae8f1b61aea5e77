package dev.earshot.bench;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
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
 * The fusing attention of an audio-visual adapter, out = u + gate softmax(scale u t^T) t, as one op, beside product, softmax,
 * product, scaling and addition with every intermediate in memory; both captured as programs. 257 tokens of width 32 per
 * image, four latents.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CrossModalFusionBench {
    private static final int TOKENS = 257;
    private static final int WIDTH = 32;
    private static final int LATENTS = 4;
    private static final float SCALE = (float) (1 / Math.sqrt(WIDTH));

    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    /** Images. */
    @Param({"8", "24"})
    public int batch;

    private Backend backend;
    private Workspace workspace;
    private Tensor fusedOut;
    private Tensor unfusedOut;
    private Program fused;
    private Program unfused;

    /** Opens the backend and captures both programs. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName);
        workspace = backend.workspace(0);
        Tensor u = backend.upload(workspace, Filler.tensor("input.tokens", batch, TOKENS, WIDTH), DType.F32);
        Tensor t = backend.upload(workspace, Filler.tensor("input.latents", batch, LATENTS, WIDTH), DType.F32);
        Tensor gate = workspace.allocate(DType.F32, 1);
        backend.training().fill(gate, 0.5f);
        Tensor scores = workspace.allocate(DType.F32, batch, TOKENS, LATENTS);
        Tensor weights = workspace.allocate(DType.F32, batch, TOKENS, LATENTS);
        Tensor mixed = workspace.allocate(DType.F32, batch, TOKENS, WIDTH);
        fusedOut = workspace.allocate(DType.F32, u.shape());
        unfusedOut = workspace.allocate(DType.F32, u.shape());
        fused = backend.capture(b -> b.crossModalAttention(u, t, gate, SCALE, fusedOut));
        unfused = backend.capture(b -> {
            b.matmul(u, t.transpose(1, 2), 1, scores);
            b.softmax(scores, SCALE, weights);
            b.matmul(weights, t, 1, mixed);
            b.binary(BinaryOp.MULTIPLY, mixed, gate, mixed);
            b.binary(BinaryOp.ADD, u, mixed, unfusedOut);
        });
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void close() {
        unfused.close();
        fused.close();
        workspace.close();
        backend.close();
    }

    /** One op. */
    @Benchmark
    public void fused() {
        fused.run();
        backend.synchronize();
    }

    /** Five ops. */
    @Benchmark
    public void unfused() {
        unfused.run();
        backend.synchronize();
    }

    /** The last results of both, the fused one first. */
    float[][] results() {
        return new float[][] {backend.download(fusedOut), backend.download(unfusedOut)};
    }
}
