package dev.earshot.bench.peers;

import dev.earshot.bench.work.WorkCounter;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Map;

/** A captured pass of some network over filler images of a given batch and side. Owns backend and weights. */
public final class PassWorkload implements Workload {
    private final Backend backend;
    private final AutoCloseable weights;
    private final CapturedPass captured;
    private final int blocks;
    private final WorkCounter work = new WorkCounter();

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
        captured = new CapturedPass(backend, work::counting, new long[] {batch, 3, side, side}, pass);
    }

    @Override
    public void run() {
        captured.run();
    }

    @Override
    public float[] output() {
        return captured.output();
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
        captured.close();
        try {
            weights.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the weights", e);
        }
        backend.close();
    }
}
