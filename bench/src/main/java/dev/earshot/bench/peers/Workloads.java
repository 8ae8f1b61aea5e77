package dev.earshot.bench.peers;

import dev.earshot.tensor.DType;

/** The table of workloads that whole-model benchmarks and comparisons open by name. */
final class Workloads {
    /** Of a small table of neighbours. */
    static final int SOME_PICTURES = 300;

    private Workloads() {}

    /**
     * Opens one.
     *
     * @param model its name, as {@code bench/side-by-side --models} takes it
     * @param batch how many at a time; what is counted depends on the model
     * @param blocks only that many blocks of a network, 0: all; 1 for small sizes of a single op
     * @param compute of a network's layers; the others are fp32
     */
    static Workload open(String backend, String model, int batch, int blocks, DType compute) {
        if (model.equals("kmeans")) {
            return new KMeansWorkload(backend, batch);
        }
        if (model.equals("knn")) {
            return new NeighbourWorkload(backend, batch);
        }
        if (model.equals(FrameWorkload.NAME)) {
            return new FrameWorkload(backend, batch);
        }
        if (model.equals(ClipWorkload.NAME) || model.equals(ClipWorkload.OF_A_FRAME)) {
            return new ClipWorkload(backend, batch, blocks, compute);
        }
        if (model.equals(OpSession.NAME)) {
            return new OpSession(backend);
        }
        if (model.startsWith(OpRows.PREFIX)) {
            return OpPeerWorkload.open(backend, model, batch, blocks == 1, compute);
        }
        if (model.startsWith(MatchingWorkload.PREFIX)) {
            return new MatchingWorkload(backend, model, batch);
        }
        if (model.startsWith(TrainingWorkload.PREFIX)) {
            return new TrainingWorkload(backend, model, batch, compute);
        }
        if (model.startsWith(SamPeerWorkload.PREFIX) && !Networks.has(model)) {
            return new SamPeerWorkload(backend, model, batch, blocks, compute);
        }
        return ImageWorkloads.open(backend, model, batch, blocks, compute);
    }

    /** The same with one block and a small input, for a slow device. */
    static Workload small(String backend, String model, int batch, DType compute) {
        if (Networks.has(model)) {
            return new PassWorkload(Networks.small(backend, model, compute), batch);
        }
        if (model.equals("knn")) {
            return new NeighbourWorkload(backend, SOME_PICTURES);
        }
        return model.startsWith(SamPeerWorkload.PREFIX)
                ? SamPeerWorkload.small(backend, model, batch, compute)
                : open(backend, model, batch, 1, compute);
    }
}
