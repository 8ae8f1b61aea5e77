package dev.earshot.bench;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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

/** A backend with memory and random inputs for one benchmark of an op. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class OpState {
    private static final long SEED = 20261121;

    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    /** Sizes of the case, in the order the benchmark says, separated by {@code x}. */
    protected abstract String sizes();

    private final SplittableRandom random = new SplittableRandom(SEED);

    /** The backend under test. */
    protected Backend backend;

    /** Prepared weights. */
    protected ParameterScope parameters;

    private Workspace workspace;

    /** Opens the backend and lets the benchmark make its tensors. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName);
        workspace = backend.workspace(64L << 20);
        parameters = backend.parameters();
        prepare(Arrays.stream(sizes().split("x")).mapToLong(Long::parseLong).toArray());
    }

    /** Makes weights, inputs and outputs. */
    protected abstract void prepare(long[] sizes);

    /** Closes everything that was opened. */
    @TearDown(Level.Trial)
    public void close() {
        parameters.close();
        workspace.close();
        backend.close();
    }

    /** Values in [-1, 1). */
    protected final HostTensor randomHost(long... dims) {
        float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return HostTensor.of(values, dims);
    }

    /** An F32 tensor with values in [-1, 1). */
    protected final Tensor random(long... dims) {
        return backend.upload(workspace, randomHost(dims), DType.F32);
    }

    /** An F32 tensor for results. */
    protected final Tensor output(long... dims) {
        return workspace.allocate(DType.F32, dims);
    }
}
