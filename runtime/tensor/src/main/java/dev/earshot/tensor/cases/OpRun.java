package dev.earshot.tensor.cases;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Workspace;
import java.util.List;

/**
 * One row prepared on one backend: operands uploaded, weights packed. Owns its memory; used by the backend's thread. A
 * benchmark times {@link #execute()}; a test calls {@link #run()}.
 */
public final class OpRun implements AutoCloseable {
    private final Backend backend;
    private final ParameterScope parameters;
    private final Workspace workspace;
    private final Runnable call;
    private final List<OpOutput> outputs;

    OpRun(OpCase row, Backend backend, long seed, boolean exact) {
        this.backend = backend;
        this.parameters = backend.parameters();
        this.workspace = backend.workspace(0);
        OpSetup setup = new OpSetup(row, backend, parameters, workspace, seed, exact);
        try {
            this.call = row.body().prepare(setup);
            this.outputs = setup.outputs();
            clear();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Calls the op once. */
    public void execute() {
        call.run();
    }

    private void clear() {
        outputs.forEach(OpOutput::clear);
    }

    private double[][] values() {
        return outputs.stream().map(OpOutput::values).toArray(double[][]::new);
    }

    /** Marks all results unset (or restores them, where the op reads them too), calls the op, returns the results. */
    public double[][] run() {
        clear();
        call.run();
        backend.synchronize();
        return values();
    }

    /** What the results hold now; before the first {@link #execute()} marks of elements that nobody has written. */
    public List<OpContent> contents() {
        return outputs.stream().map(OpOutput::content).toList();
    }

    /** True if the op reads a result of its own last call, so that calling it again gives something else. */
    public boolean accumulates() {
        return outputs.stream().anyMatch(OpOutput::isRead);
    }

    /** As {@link #run()}, by capturing the call and replaying the program. */
    public double[][] runCaptured() {
        try (Program program = backend.capture(b -> call.run())) {
            clear();
            program.run();
            return values();
        }
    }

    /** Number of elements beside strided results that the last run has changed; any other number than 0 is a fault. */
    public long strayWrites() {
        return outputs.stream().mapToLong(OpOutput::strayWrites).sum();
    }

    @Override
    public void close() {
        try {
            workspace.close();
        } finally {
            parameters.close();
        }
    }
}
