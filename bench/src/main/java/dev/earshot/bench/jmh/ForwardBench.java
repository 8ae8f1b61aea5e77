package dev.earshot.bench.jmh;

import dev.earshot.bench.peers.ImageWorkloads;
import dev.earshot.bench.peers.Workload;
import dev.earshot.tensor.DType;
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
 * Steady-state forward passes of the image transformers. Run it with {@code -prof gc}: the allocation rate must be nothing
 * per pass.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 5)
public class ForwardBench {
    /** Model and batch. */
    @Param({"dino-vitb16:1", "dino-vitb16:8", "imagebind-image:1"})
    public String modelBatch;

    /** Name of the backend. */
    @Param("cpu")
    public String backendName;

    private Workload workload;

    /** Loads the model and captures the pass. */
    @Setup(Level.Trial)
    public void open() {
        String[] parts = modelBatch.split(":");
        workload = ImageWorkloads.open(backendName, parts[0], Integer.parseInt(parts[1]), 0, DType.F32);
    }

    /** Frees the model. */
    @TearDown(Level.Trial)
    public void close() {
        workload.close();
    }

    /** Image to tokens. */
    @Benchmark
    public Object forward() {
        workload.run();
        return workload;
    }
}
