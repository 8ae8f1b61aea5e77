package dev.earshot.bench.jmh;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
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

/**
 * The benchmark of one op: a subclass names its rows of the op table ({@link OpCases}), the same ones that the tests compare
 * with the scalar reference. The result is written to memory the backend owns, so nothing can be optimised away.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class OpBench {
    private static final long SEED = 20261121;

    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    private Backend backend;
    private OpRun run;

    /** Name of the row in the op table. */
    protected abstract String row();

    /** Name of the backend with what the benchmark asks of it. */
    protected String backend() {
        return backendName;
    }

    /** Opens the backend and prepares the row. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backend());
        run = OpCases.matching(row()).getFirst().open(backend, SEED);
    }

    /** Frees the row and the backend. */
    @TearDown(Level.Trial)
    public void close() {
        run.close();
        backend.close();
    }

    /** Calls the op and waits for its result. */
    protected final void execute() {
        run.execute();
        backend.synchronize();
    }
}
