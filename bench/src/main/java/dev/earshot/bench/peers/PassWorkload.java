package dev.earshot.bench.peers;

import dev.earshot.bench.result.ResidentMemory;
import dev.earshot.bench.work.WorkCounter;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;
import java.util.Map;

/** A captured pass of some network over filler inputs. Owns backend and weights. */
public final class PassWorkload implements Workload {
    private final Network network;
    private final CapturedPass captured;
    private final WorkCounter work = new WorkCounter();

    /** Images to tokens. */
    public interface Pass {
        /** {@code image} is [batch, 3, side, side]. */
        Tensor run(Backend b, Workspace ws, Tensor image);
    }

    /** Captures a pass of {@code batch} samples and takes the network over. */
    PassWorkload(Network network, int batch) {
        this.network = network;
        this.captured = network.capture(batch, work::counting);
    }

    /**
     * Captures the pass over filler images.
     *
     * @param blocks of the network, for the report
     */
    public PassWorkload(Backend backend, AutoCloseable weights, int blocks, int batch, int side, Pass pass) {
        this(
                new Network(
                        backend,
                        weights,
                        blocks,
                        List.of(Network.Input.image(side, side)),
                        (b, ws, inputs) -> pass.run(b, ws, inputs.getFirst())),
                batch);
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
        Map<String, Object> facts = Workload.settings(network.backend());
        facts.put("blocks", network.blocks());
        work.total().addTo(facts);
        facts.put("peak_mb", ResidentMemory.ownPeakMegabytes());
        return facts;
    }

    @Override
    public void close() {
        captured.close();
        network.close();
    }
}
