package dev.earshot.bench;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
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
 * The MLP of a transformer block, y = x + W2 gelu(W1 x + b1) + b2, with GELU and the residual add fused behind the products,
 * beside the same from plain products and two ops over memory; both captured as programs. Rows of width 768, hidden 3072.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LinearFusionBench {
    private static final int WIDTH = 768;
    private static final int HIDDEN = 3072;

    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    /** Tokens of all images together. */
    @Param({"197", "1576"})
    public int rows;

    /** Type of the products' operands; the residual stream stays F32. */
    @Param({"F32", "BF16"})
    public DType compute;

    private Backend backend;
    private Workspace workspace;
    private ParameterScope parameters;
    private Tensor fusedOut;
    private Tensor unfusedOut;
    private Program fused;
    private Program unfused;

    /** Opens the backend and captures both programs. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName);
        workspace = backend.workspace(0);
        parameters = backend.parameters();
        Linear widen = layer("fc1", HIDDEN, WIDTH);
        Linear narrow = layer("fc2", WIDTH, HIDDEN);
        Tensor stream = backend.upload(workspace, Filler.tensor("input.stream", rows, WIDTH), DType.F32);
        Tensor x = backend.copy(workspace, stream, compute);
        Tensor hidden = workspace.allocate(compute, rows, HIDDEN);
        Tensor product = workspace.allocate(DType.F32, rows, WIDTH);
        fusedOut = workspace.allocate(DType.F32, rows, WIDTH);
        unfusedOut = workspace.allocate(DType.F32, rows, WIDTH);
        fused = backend.capture(b -> {
            b.linear(x, widen, Activation.GELU, hidden);
            b.linear(hidden, narrow, Activation.NONE, stream, fusedOut);
        });
        unfused = backend.capture(b -> {
            b.linear(x, widen, Activation.NONE, hidden);
            b.unary(UnaryOp.GELU, hidden, hidden);
            b.linear(hidden, narrow, Activation.NONE, product);
            b.binary(BinaryOp.ADD, stream, product, unfusedOut);
        });
    }

    private Linear layer(String name, int out, int in) {
        return parameters.linear(
                Filler.tensor("mlp." + name + ".weight", out, in),
                Filler.tensor("mlp." + name + ".bias", out),
                compute);
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void close() {
        unfused.close();
        fused.close();
        parameters.close();
        workspace.close();
        backend.close();
    }

    /** Two ops. */
    @Benchmark
    public void fused() {
        fused.run();
        backend.synchronize();
    }

    /** Four ops. */
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
