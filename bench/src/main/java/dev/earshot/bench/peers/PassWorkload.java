package dev.earshot.bench.peers;

import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Map;

/** A captured pass of some network over filler images of a given batch and side. Owns backend and weights. */
public final class PassWorkload implements Workload {
    private final Backend backend;
    private final AutoCloseable weights;
    private final Workspace workspace;
    private final Program program;
    private final int blocks;
    private final WorkCounter work = new WorkCounter();
    private Tensor tokens;

    /** Images to tokens. */
    public interface Pass {
        /** {@code image} is [batch, 3, side, side]. */
        Tensor run(Backend b, Workspace ws, Tensor image);
    }

    /**
     * Captures the pass.
     *
     * @param blocks of the network, for the report
     */
    public PassWorkload(Backend backend, AutoCloseable weights, int blocks, int batch, int side, Pass pass) {
        this.backend = backend;
        this.weights = weights;
        this.blocks = blocks;
        workspace = backend.workspace(64L << 20);
        Tensor image = backend.upload(workspace, Filler.tensor("input.image", batch, 3, side, side), DType.F32);
        program = backend.capture(work.counting(b -> tokens = pass.run(b, workspace, image)));
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
        Map<String, Object> facts = Workload.settings(backend);
        facts.put("blocks", blocks);
        work.total().addTo(facts);
        return facts;
    }

    @Override
    public void close() {
        program.close();
        try {
            weights.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the weights", e);
        }
        workspace.close();
        backend.close();
    }
}
