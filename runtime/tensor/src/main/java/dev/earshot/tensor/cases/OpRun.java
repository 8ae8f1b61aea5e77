package dev.earshot.tensor.cases;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Workspace;

/**
 * One row prepared on one backend: operands uploaded, weights packed. Owns its memory; used by the backend's thread. A
 * benchmark times {@link #execute()}; a test calls {@link #run()}.
 */
public final class OpRun implements AutoCloseable {
    private final Backend backend;
    private final ParameterScope parameters;
    private final Workspace workspace;
    private final Runnable call;
    private final OpOutput output;

    OpRun(OpCase row, Backend backend, long seed, boolean exact) {
        this.backend = backend;
        this.parameters = backend.parameters();
        this.workspace = backend.workspace(0);
        OpSetup setup = new OpSetup(row, backend, parameters, workspace, seed, exact);
        try {
            this.call = row.body().prepare(setup);
            this.output = setup.output();
            output.clear();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Calls the op once. */
    public void execute() {
        call.run();
    }

    /** Marks the whole result unset (or restores it, where the op reads it too), calls the op, returns the result. */
    public double[] run() {
        output.clear();
        call.run();
        backend.synchronize();
        return output.values();
    }

    /** As {@link #run()}, by capturing the call and replaying the program. */
    public double[] runCaptured() {
        try (Program program = backend.capture(b -> call.run())) {
            output.clear();
            program.run();
            return output.values();
        }
    }

    /** Number of elements beside a strided result that the last run has changed; any other number than 0 is a fault. */
    public long strayWrites() {
        return output.strayWrites();
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
