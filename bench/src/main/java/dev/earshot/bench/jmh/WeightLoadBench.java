package dev.earshot.bench.jmh;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * Loading a model's weights: a safetensors file is mapped, every tensor goes into a parameter scope, scope and mapping are
 * closed. The file lies in the page cache, so what is measured is reading, converting or packing, and the upload. GB/s of
 * the file's bytes are printed behind JMH's table.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class WeightLoadBench {
    private static final int WIDTH = 1024;
    private static final int BYTES_PER_TENSOR = WIDTH * WIDTH * Float.BYTES;

    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    /** Size of the file's F32 tensors, a multiple of 4. */
    @Param("256")
    public int mebibytes;

    /** What becomes of a tensor: {@code tensor} a plain tensor, {@code linear} the prepared weight of a layer. */
    @Param({"tensor", "linear"})
    public String use;

    /** Type on the device. */
    @Param({"F32", "BF16"})
    public DType dtype;

    private Backend backend;
    private Path file;

    /** Writes the file and opens the backend. */
    @Setup(Level.Trial)
    public void open() throws IOException {
        file = Files.createTempFile("earshot-weights", ".safetensors");
        HostTensor values = Filler.tensor("input.weights", WIDTH, WIDTH);
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < (int) (((long) mebibytes << 20) / BYTES_PER_TENSOR); i++) {
            writer.tensor("weight." + i, values);
        }
        writer.write(file);
        backend = Backends.open(backendName);
    }

    /** Deletes the file. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
        backend.close();
        Files.delete(file);
    }

    /** From the file's name to weights that are ready on the device; the bytes they take there. */
    @Benchmark
    public long load() {
        try (ParameterScope scope = backend.parameters()) {
            try (Weights weights = Weights.open(file)) {
                for (String key : weights.keys()) {
                    HostTensor values = weights.read(key);
                    if (use.equals("linear")) {
                        scope.linear(values, dtype);
                    } else {
                        scope.tensor(values, dtype);
                    }
                }
                backend.synchronize();
            }
            return scope.bytes();
        }
    }
}
