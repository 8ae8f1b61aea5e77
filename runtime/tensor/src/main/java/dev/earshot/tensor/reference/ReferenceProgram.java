package dev.earshot.tensor.reference;

import dev.earshot.tensor.Program;
import dev.earshot.tensor.internal.LeakRegistry;
import java.util.List;

/** The captured ops as closures over the same tensors. */
final class ReferenceProgram implements Program {
    private final LeakRegistry.Handle leak = LeakRegistry.track("program of the reference backend");
    private final ReferenceBackend backend;
    private final List<Runnable> steps;
    private boolean closed;

    ReferenceProgram(ReferenceBackend backend, List<Runnable> steps) {
        this.backend = backend;
        this.steps = List.copyOf(steps);
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
        return steps.size();
    }

    @Override
    public void close() {
        closed = true;
        leak.closed();
    }
}
