package dev.earshot.tensor.cpu;

import dev.earshot.tensor.Program;
import dev.earshot.tensor.internal.LeakRegistry;

/**
 * The steps of a captured forward, each bound to its tensors. A run is one hand-off to the workers, which walk through all
 * steps; it allocates nothing.
 */
final class CpuProgram implements Program {
    private final CpuBackend backend;
    private final Step[] steps;
    private final LeakRegistry.Handle leak = LeakRegistry.track("program of the cpu backend");
    private boolean closed;

    CpuProgram(CpuBackend backend, Step[] steps) {
        this.backend = backend;
        this.steps = steps;
    }

    @Override
    public void run() {
        if (closed) {
            throw new IllegalStateException("program: run after close");
        }
        backend.replay(steps);
    }

    @Override
    public int steps() {
        return steps.length;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        backend.exclusively("program close", () -> {
            closed = true;
            BoundOps.release(steps);
            leak.closed();
            backend.childClosed();
            return null;
        });
    }
}
