package dev.earshot.bench.jmh;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
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
 * A captured program of small ops replayed by one launch, beside the same ops issued one by one with all their checks. The
 * simulated device drops what is launched, which leaves the host's cost; a card shows the slower of host and card.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx1g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GraphLaunchBench {
    private static final int WIDTH = 256;

    /** {@code simcuda}, or {@code cuda} where there is a card; {@code cpu} shows what a captured program saves there. */
    @Param("simcuda")
    public String backendName;

    /** Ops of one program. */
    @Param({"1", "10", "100"})
    public int ops;

    private Backend backend;
    private Workspace workspace;
    private Tensor x;
    private Program program;

    /** Opens the backend and captures the program. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName);
        workspace = backend.workspace(0);
        x = workspace.allocate(DType.F32, WIDTH);
        backend.training().fill(x, 1);
        program = backend.capture(this::issue);
        backend.synchronize();
        SimulatedDevice.dropLaunches(backendName);
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void close() {
        program.close();
        workspace.close();
        backend.close();
    }

    private void issue(Backend b) {
        for (int i = 0; i < ops; i++) {
            b.unary(UnaryOp.RELU, x, x);
        }
    }

    /** One launch for all ops. */
    @Benchmark
    public void replay() {
        program.run();
    }

    /** One launch for each op. */
    @Benchmark
    public void oneByOne() {
        issue(backend);
    }

    /** The values after everything issued so far. */
    float[] result() {
        return backend.download(x);
    }
}
