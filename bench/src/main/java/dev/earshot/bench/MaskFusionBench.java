package dev.earshot.bench;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.ReduceOp;
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
 * Counts and boxes of masks as one op, beside two resizes and three counts of general ops with both enlarged images in memory
 * (no boxes); both captured as programs. Noise at 1024 x 1024, the dearest input of the fused op.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx2g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MaskFusionBench {
    /** Turns any difference from a threshold that matters into more than 1. */
    private static final float STEEP = 1e30f;

    private static final float[] THRESHOLDS = {1, -1, 0};

    /** Name as {@link Backends#open} takes it. */
    @Param("cpu")
    public String backendName;

    /** Masks; each needs 12 MB of general ops. */
    @Param("24")
    public int masks;

    /** Side of the logits; the picture has four times as many pixels on a side. */
    @Param("256")
    public int side;

    private Backend backend;
    private Workspace workspace;
    private Tensor measures;
    private Tensor counts;
    private Program fused;
    private Program unfused;

    /** Opens the backend and captures both programs. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName);
        workspace = backend.workspace(0);
        int large = 4 * side;
        Tensor logits = backend.upload(workspace, Filler.tensor("input.logits", masks, side, side), DType.F32);
        MaskResize resize = new MaskResize(large, large, large, large, large, large);
        measures = workspace.allocate(DType.I32, masks, 7);
        counts = workspace.allocate(DType.F32, THRESHOLDS.length, masks);
        Tensor frame = workspace.allocate(DType.F32, masks, 1, large, large);
        Tensor picture = workspace.allocate(DType.F32, masks, 1, large, large);
        Tensor above = workspace.allocate(DType.F32, masks, 1, large, large);
        Tensor inRows = workspace.allocate(DType.F32, masks, large);
        Tensor one = workspace.allocate(DType.F32, 1);
        backend.training().fill(one, 1);
        fused = backend.capture(b -> b.measureMasks(logits, resize, 0, 1, measures));
        unfused = backend.capture(b -> {
            b.resize(logits.reshape(masks, 1, side, side), Interpolation.BILINEAR, 0.25, 0.25, frame);
            b.resize(frame, Interpolation.BILINEAR, 1, 1, picture);
            for (int i = 0; i < THRESHOLDS.length; i++) {
                b.affine(picture, STEEP, -STEEP * THRESHOLDS[i], above);
                b.unary(UnaryOp.RELU, above, above);
                b.binary(BinaryOp.MIN, above, one, above);
                b.reduce(ReduceOp.SUM, above.reshape(masks, large, large), 2, inRows);
                b.reduce(ReduceOp.SUM, inRows, 1, counts.select(0, i));
            }
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

    /** Seventeen ops. */
    @Benchmark
    public void unfused() {
        unfused.run();
        backend.synchronize();
    }

    /** The last counts of both, the fused ones first: by threshold, then by mask. */
    float[][] results() {
        long[] integers = backend.downloadIntegers(measures);
        float[] fusedCounts = new float[THRESHOLDS.length * masks];
        for (int i = 0; i < fusedCounts.length; i++) {
            fusedCounts[i] = integers[i % masks * 7 + i / masks];
        }
        return new float[][] {fusedCounts, backend.download(counts)};
    }
}
