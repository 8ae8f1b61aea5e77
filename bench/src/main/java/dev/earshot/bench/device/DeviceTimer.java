package dev.earshot.bench.device;

import dev.earshot.bench.result.Spread;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;

/**
 * Times ops on a device by the host's clock round replayed programs of many calls each, which leaves one launch and one wait
 * per program in the figure, a microsecond or two over all calls. Cold times put a sweep over a buffer larger than the
 * last-level cache before every call and take the sweeps' own time off.
 */
final class DeviceTimer implements AutoCloseable {
    private static final long SWEEP_BYTES = 256L << 20;
    private static final int MOST_CALLS = 20;
    private static final int REPEATS = 25;
    private static final int WARM_UPS = 3;
    private static final double LONG_MICROS = 20_000;

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

    /** Microseconds of {@code call}, each repeat's, with its operands wherever the call before left them. */
    double[] warm(Runnable call) {
        return repeats(call, () -> {});
    }

    /** Microseconds of {@code call}, each repeat's, with its operands in device memory, not in a cache. */
    double[] cold(Runnable call) {
        Runnable clear = () -> backend.training().fill(sweep, 1);
        double sweeps = Spread.of(repeats(() -> {}, clear)).median();
        return Arrays.stream(repeats(call, clear))
                .map(micros -> Math.max(0, micros - sweeps))
                .toArray();
    }

    private double[] repeats(Runnable call, Runnable before) {
        boolean few = small || micros(call, before) > LONG_MICROS;
        int calls = few ? 1 : MOST_CALLS;
        try (Program program = backend.capture(b -> {
            for (int i = 0; i < calls; i++) {
                before.run();
                call.run();
            }
        })) {
            int repeats = few ? 3 : REPEATS;
            for (int i = 0; i < (few ? 1 : WARM_UPS); i++) {
                program.run();
            }
            backend.synchronize();
            double[] micros = new double[repeats];
            for (int i = 0; i < repeats; i++) {
                long start = System.nanoTime();
                program.run();
                backend.synchronize();
                micros[i] = (System.nanoTime() - start) / 1e3 / calls;
            }
            return micros;
        }
    }

    private double micros(Runnable call, Runnable before) {
        backend.synchronize();
        long start = System.nanoTime();
        before.run();
        call.run();
        backend.synchronize();
        return (System.nanoTime() - start) / 1e3;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
