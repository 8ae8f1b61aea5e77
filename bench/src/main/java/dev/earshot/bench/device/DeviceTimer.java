package dev.earshot.bench.device;

import dev.earshot.bench.result.Spread;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Times ops on a device by the host's clock round replayed programs of many calls each, about a millisecond of them: that
 * leaves one launch and one wait per program in the figure, a tenth of a microsecond of a short op. Cold times put a sweep over
 * a buffer larger than the last-level cache before every call and take the time of a program of sweeps alone off, with its
 * launch and wait.
 */
final class DeviceTimer implements AutoCloseable {
    private static final long SWEEP_BYTES = 256L << 20;
    private static final double PROGRAM_MICROS = 1000;
    private static final int MOST_WARM_CALLS = 100;
    private static final int MOST_COLD_CALLS = 20;
    private static final int REPEATS = 25;
    private static final int WARM_UPS = 3;
    private static final double LONG_MICROS = 50_000;

    private final Backend backend;
    private final boolean small;
    private final Workspace workspace;
    private final Tensor sweep;

    /** @param small each call as seldom as one that takes long, and no sweeps: for a slow device */
    DeviceTimer(Backend backend, boolean small) {
        this.backend = backend;
        this.small = small;
        this.workspace = backend.workspace(0);
        this.sweep = workspace.allocate(DType.F32, small ? 1 : SWEEP_BYTES / Float.BYTES);
    }

    boolean isSmall() {
        return small;
    }

    /** Microseconds of {@code call}, each repeat's, with its operands wherever the call before left them. */
    double[] warm(Runnable call) {
        return repeats(call, () -> {}, calls(call, MOST_WARM_CALLS));
    }

    /** Microseconds of {@code call}, each repeat's, with its operands in device memory, not in a cache. */
    double[] cold(Runnable call) {
        Runnable clear = () -> backend.training().fill(sweep, 1);
        int calls = calls(call, MOST_COLD_CALLS);
        double before = Spread.of(repeats(() -> {}, clear, calls)).median();
        double[] both = repeats(call, clear, calls);
        double after = Spread.of(repeats(() -> {}, clear, calls)).median();
        double sweeps = (before + after) / 2;
        return Arrays.stream(both).map(micros -> Math.max(0, micros - sweeps)).toArray();
    }

    /** One series after another. */
    static double[] joined(double[] first, double[] second) {
        return DoubleStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    /** How many fill a program; 0 for a call that is repeated a few times only. */
    private int calls(Runnable call, int most) {
        if (small) {
            return 0;
        }
        call.run(); // kernels load and plans are made now
        double micros = micros(call);
        return micros > LONG_MICROS ? 0 : (int) Math.clamp(PROGRAM_MICROS / micros, 1, most);
    }

    private double[] repeats(Runnable call, Runnable before, int wanted) {
        boolean few = wanted == 0;
        int calls = few ? 1 : wanted;
        try (Program program = backend.capture(b -> {
            for (int i = 0; i < calls; i++) {
                before.run();
                call.run();
            }
        })) {
            for (int i = 0; i < (few ? 1 : WARM_UPS); i++) {
                program.run();
            }
            backend.synchronize();
            double[] micros = new double[few ? 3 : REPEATS];
            for (int i = 0; i < micros.length; i++) {
                long start = System.nanoTime();
                program.run();
                backend.synchronize();
                micros[i] = (System.nanoTime() - start) / 1e3 / calls;
            }
            return micros;
        }
    }

    private double micros(Runnable call) {
        backend.synchronize();
        long start = System.nanoTime();
        call.run();
        backend.synchronize();
        return (System.nanoTime() - start) / 1e3;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
