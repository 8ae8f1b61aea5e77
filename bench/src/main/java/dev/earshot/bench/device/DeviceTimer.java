package dev.earshot.bench.device;

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
    private final Workspace workspace;
    private final Tensor sweep;

    DeviceTimer(Backend backend, boolean cold) {
        this.backend = backend;
        this.workspace = backend.workspace(0);
        this.sweep = workspace.allocate(DType.F32, cold ? SWEEP_BYTES / Float.BYTES : 1);
    }

    /**
     * Microseconds of one call.
     *
     * @param median half of the repeats were faster
     * @param low a tenth of the repeats were faster
     * @param high a tenth of the repeats were slower
     */
    record Time(double median, double low, double high) {
        private static Time of(double[] micros, double less) {
            Arrays.sort(micros);
            int tenth = micros.length / 10;
            return new Time(
                    Math.max(0, micros[micros.length / 2] - less),
                    Math.max(0, micros[tenth] - less),
                    Math.max(0, micros[micros.length - 1 - tenth] - less));
        }
    }

    /** Time of {@code call} with its operands wherever the call before left them. */
    Time warm(Runnable call) {
        return Time.of(repeats(call, () -> {}), 0);
    }

    /** Time of {@code call} with its operands in device memory, not in a cache. */
    Time cold(Runnable call) {
        Runnable clear = () -> backend.training().fill(sweep, 1);
        double sweeps = Time.of(repeats(() -> {}, clear), 0).median();
        return Time.of(repeats(call, clear), sweeps);
    }

    private double[] repeats(Runnable call, Runnable before) {
        double once = micros(call, before, 1);
        int calls = once > LONG_MICROS ? 1 : MOST_CALLS;
        try (Program program = backend.capture(b -> {
            for (int i = 0; i < calls; i++) {
                before.run();
                call.run();
            }
        })) {
            int repeats = once > LONG_MICROS ? 3 : REPEATS;
            for (int i = 0; i < (once > LONG_MICROS ? 1 : WARM_UPS); i++) {
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

    private double micros(Runnable call, Runnable before, int calls) {
        backend.synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            before.run();
            call.run();
        }
        backend.synchronize();
        return (System.nanoTime() - start) / 1e3 / calls;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
