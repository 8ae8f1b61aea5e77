package dev.earshot.tools.parity;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import java.util.Map;

/**
 * Computes the results of every case of one {@code kind}. It reads sizes and options from {@link GoldenCase#config()} and
 * inputs from {@link GoldenCase#input}, never from the case's name.
 */
@FunctionalInterface
public interface KindRunner {
    /**
     * Computes the tensors of a case, keyed by their names in it ({@code expected.*}, and {@code mid.*} where they can be
     * seen). Every {@code expected.*} must be there.
     *
     * @param golden inputs, weights and options
     * @param backend computes
     * @param compute type of the matrix products, F32 or BF16
     */
    Map<String, HostTensor> run(GoldenCase golden, Backend backend, DType compute);

    /** False if no tensor op is involved; such a case is run once, in fp32, whatever the backend. */
    default boolean usesBackend() {
        return true;
    }

    /** False for cases that need gigabytes of memory: they run only when their kind is asked for. */
    default boolean runsUnasked() {
        return true;
    }

    /** A runner that computes on the host, without a backend. */
    static KindRunner onHost(HostRun run) {
        return new KindRunner() {
            @Override
            public Map<String, HostTensor> run(GoldenCase golden, Backend backend, DType compute) {
                return run.run(golden);
            }

            @Override
            public boolean usesBackend() {
                return false;
            }
        };
    }

    /** What {@link #onHost} wraps. */
    @FunctionalInterface
    interface HostRun {
        /** Computes the tensors of a case. */
        Map<String, HostTensor> run(GoldenCase golden);
    }
}
