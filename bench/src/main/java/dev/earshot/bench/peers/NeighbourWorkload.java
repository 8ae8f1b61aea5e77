package dev.earshot.bench.peers;

import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.segmentation.training.NeighbourSearch;
import dev.earshot.segmentation.training.NeighbourTable;
import dev.earshot.segmentation.training.WorkProgress;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.HostTensor;
import java.util.Map;

/** Seven nearest neighbours of every row of N x 384 unit features; bench/peers/neighbours.py makes the same ones. */
public final class NeighbourWorkload implements Workload {
    static final int WIDTH = 384;

    private final WorkCounter work = new WorkCounter();
    private final Backend backend;
    private final HostTensor features;
    private final NeighbourSearch search;
    private NeighbourTable table;

    /** A table of so many rows. */
    public NeighbourWorkload(String backend, int rows) {
        this.backend = Backends.open(backend);
        this.search = NeighbourSearch.on(this.backend, NeighbourSearch.DEFAULT_K);
        this.features = HostTensor.of(features(rows), rows, WIDTH);
    }

    static float[] features(int rows) {
        float[] features = Filler.tensor("input.features", rows, WIDTH).toFloats();
        for (int i = 0; i < rows; i++) {
            double sum = 0;
            for (int j = i * WIDTH; j < (i + 1) * WIDTH; j++) {
                sum += (double) features[j] * features[j];
            }
            float length = (float) Math.sqrt(sum);
            for (int j = i * WIDTH; j < (i + 1) * WIDTH; j++) {
                features[j] /= length;
            }
        }
        return features;
    }

    @Override
    public void run() {
        table = search.run(table == null ? work.over(backend) : backend, features, new int[0], WorkProgress.NONE);
    }

    /** Cosines of the neighbours, best first: equal for all who found the right ones, whatever the order of ties. */
    @Override
    public float[] output() {
        return table.similarities();
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        work.total().addTo(facts);
        return facts;
    }

    @Override
    public void close() {
        backend.close();
    }
}
