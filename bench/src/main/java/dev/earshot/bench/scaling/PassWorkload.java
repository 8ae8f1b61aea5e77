package dev.earshot.bench.scaling;

import dev.earshot.bench.peers.Workload;
import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Map;

/** A captured pass of some network over filler images of a given batch and side. Owns backend and weights. */
final class PassWorkload implements Workload {
    private final Backend backend;
    private final AutoCloseable weights;
    private final Workspace workspace;
    private final Program program;
    private Tensor tokens;

    /** Images to tokens. */
    interface Pass {
        /** {@code image} is [batch, 3, side, side]. */
        Tensor run(Backend b, Workspace ws, Tensor image);
    }

    PassWorkload(Backend backend, AutoCloseable weights, int batch, int side, Pass pass) {
        this.backend = backend;
        this.weights = weights;
        workspace = backend.workspace(0);
        Tensor image = backend.upload(workspace, Filler.tensor("input.image", batch, 3, side, side), DType.F32);
        program = backend.capture(b -> tokens = pass.run(b, workspace, image));
    }

    @Override
    public void run() {
        program.run();
        backend.synchronize();
    }

    @Override
    public float[] output() {
        return backend.download(tokens);
    }

    @Override
    public Map<String, Object> facts() {
        return Map.of("backend", backend.info().name());
    }

    @Override
    public void close() {
        program.close();
        workspace.close();
        try {
            weights.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the weights", e);
        }
        backend.close();
    }
}
