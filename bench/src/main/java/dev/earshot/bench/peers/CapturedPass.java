package dev.earshot.bench.peers;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A network's pass over filler inputs, captured once; backend and weights are the caller's. */
final class CapturedPass implements AutoCloseable {
    private final Backend backend;
    private final Workspace workspace;
    private final List<Tensor> inputs = new ArrayList<>();
    private final Network.Pass pass;
    private final Program program;
    private final List<Workspace> ofOps = new ArrayList<>(1); // made when it is first wanted
    private Tensor result;

    /**
     * Captures it.
     *
     * @param around what is captured in place of the pass, such as the pass with its work counted
     */
    CapturedPass(Backend backend, UnaryOperator<Consumer<Backend>> around, List<HostTensor> values, Network.Pass pass) {
        this.backend = backend;
        this.pass = pass;
        workspace = backend.workspace(64L << 20);
        try {
            values.forEach(value -> inputs.add(backend.upload(workspace, value, DType.F32)));
            program = backend.capture(around.apply(b -> result = pass.run(b, workspace, inputs)));
        } catch (Throwable t) {
            workspace.close();
            throw t;
        }
    }

    /** Hands the captured pass to the backend. */
    void replay() {
        program.run();
    }

    /** Hands the pass to the backend op by op, as a caller who captures nothing; its result is another tensor. */
    void issue() {
        if (ofOps.isEmpty()) {
            ofOps.add(backend.workspace(64L << 20));
        }
        Workspace own = ofOps.getFirst();
        own.reset();
        pass.run(backend, own, inputs);
    }

    /** Waits for what was handed over. */
    void await() {
        backend.synchronize();
    }

    void run() {
        replay();
        await();
    }

    /** Number of captured steps. */
    int steps() {
        return program.steps();
    }

    float[] output() {
        return backend.download(result);
    }

    @Override
    public void close() {
        program.close();
        workspace.close();
        ofOps.forEach(Workspace::close);
    }
}
