package dev.earshot.bench.peers;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A network's pass over filler images, captured once; backend and weights are the caller's. */
final class CapturedPass implements AutoCloseable {
    private final Backend backend;
    private final Workspace workspace;
    private final Program program;
    private Tensor tokens;

    /**
     * Captures it.
     *
     * @param around what is captured in place of the pass, such as the pass with its work counted
     * @param image dimensions of the images, [batch, 3, height, width]
     */
    CapturedPass(Backend backend, UnaryOperator<Consumer<Backend>> around, long[] image, PassWorkload.Pass pass) {
        this.backend = backend;
        workspace = backend.workspace(64L << 20);
        Tensor images = backend.upload(workspace, Filler.tensor("input.image", image), DType.F32);
        program = backend.capture(around.apply(b -> tokens = pass.run(b, workspace, images)));
    }

    void run() {
        program.run();
        backend.synchronize();
    }

    float[] output() {
        return backend.download(tokens);
    }

    @Override
    public void close() {
        program.close();
        workspace.close();
    }
}
