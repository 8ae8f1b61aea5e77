package dev.earshot.tools;

import dev.earshot.tensor.Backend;
import dev.earshot.tools.segment.WeightsInUse;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * What a command that segments runs on; closed as one.
 *
 * @param method a method on these weights, ready to run
 */
record Networks(Backend backend, WeightsInUse files, MethodPlan.Opened method) implements AutoCloseable {
    /** Opens weights and a method on a backend; owns the backend from now on, also where this fails. */
    static Networks open(
            Backend backend,
            Supplier<WeightsInUse> weights,
            BiFunction<Backend, WeightsInUse, MethodPlan.Opened> method) {
        try {
            WeightsInUse files = weights.get();
            try {
                return new Networks(backend, files, method.apply(backend, files));
            } catch (RuntimeException | Error e) {
                files.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            backend.close();
            throw e;
        }
    }

    @Override
    public void close() {
        try (backend;
                files) {
            method.close();
        }
    }
}
