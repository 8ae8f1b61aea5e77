package dev.earshot.bench.peers;

import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.PixelMatching.Norm;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Map;

/**
 * Pixel matching of a batch of anchors with a positive and a negative each, features [batch, 16, 16, 1280]: costs, and the
 * gradients of all three from given gradients of the costs, starting from zero. bench/peers/matching.py does the same.
 */
final class MatchingWorkload implements Workload {
    static final String PREFIX = "pma-";

    private static final int SIDE = 16;
    private static final int CHANNELS = 1280;
    private static final Map<String, PixelMatching> MODELS = Map.of(
            "pma-scanline", PixelMatching.DEFAULT,
            "pma-scanline-w3", new PixelMatching(Mode.SCANLINE, 0, PixelMatching.WHOLE_ROW, 3, Norm.IMAGE, 1, 1),
            "pma-search2d", new PixelMatching(Mode.SEARCH_2D, SIDE - 1, SIDE - 1, 1, Norm.IMAGE, 1, 1));

    private final Backend backend;
    private final Workspace workspace;
    private final Program program;
    private final int batch;
    private final WorkCounter work = new WorkCounter();
    private final Tensor costs;
    private final Tensor gradAnchors;
    private final Tensor gradOthers;

    /** @param model {@code pma-scanline}, {@code pma-scanline-w3} or {@code pma-search2d} */
    MatchingWorkload(String backendName, String model, int batch) {
        PixelMatching settings = MODELS.get(model);
        if (settings == null) {
            throw new IllegalArgumentException("model: expected one of %s, got %s".formatted(MODELS.keySet(), model));
        }
        this.batch = batch;
        this.backend = Backends.open(backendName);
        this.workspace = backend.workspace(64L << 20);
        Tensor anchors =
                backend.upload(workspace, Filler.tensor("input.anchor", batch, SIDE, SIDE, CHANNELS), DType.F32);
        Tensor others = workspace.allocate(DType.F32, 2L * batch, SIDE, SIDE, CHANNELS);
        backend.upload(Filler.tensor("input.positive", batch, SIDE, SIDE, CHANNELS), others.slice(0, 0, batch));
        backend.upload(
                Filler.tensor("input.negative", batch, SIDE, SIDE, CHANNELS), others.slice(0, batch, 2L * batch));
        Tensor gradCosts = backend.upload(workspace, upstream(batch), DType.F32);
        this.costs = workspace.allocate(DType.F32, 2L * batch);
        Tensor winners = workspace.allocate(DType.I32, 2L * batch, SIDE, SIDE);
        Tensor saved = workspace.allocate(DType.F32, 2L * batch, settings.savedWidth(SIDE, SIDE));
        this.gradAnchors = workspace.allocate(DType.F32, anchors.shape());
        this.gradOthers = workspace.allocate(DType.F32, others.shape());
        this.program = backend.capture(work.counting(b -> {
            b.pixelMatching(anchors, others, settings, costs, winners, saved);
            b.training().fill(gradAnchors, 0);
            b.training().fill(gradOthers, 0);
            b.training()
                    .pixelMatchingBackward(
                            anchors, others, settings, winners, saved, gradCosts, gradAnchors, gradOthers);
        }));
    }

    /** Of a triplet loss in which every sample is active, times the pixels, so that gradients are about as large as costs. */
    private static HostTensor upstream(int batch) {
        float[] values = new float[2 * batch];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i < batch ? SIDE * SIDE : -SIDE * SIDE) / (float) batch;
        }
        return HostTensor.of(values, values.length);
    }

    @Override
    public void run() {
        program.run();
        backend.synchronize();
    }

    /** Costs of the positives and the negatives, then the gradients of the anchors, the positives and the negatives. */
    @Override
    public float[] output() {
        float[] first = backend.download(costs);
        float[] second = backend.download(gradAnchors);
        float[] third = backend.download(gradOthers);
        float[] all = new float[first.length + second.length + third.length];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        System.arraycopy(third, 0, all, first.length + second.length, third.length);
        return all;
    }

    /** With the bytes that the features and gradients need once: features read, gradients written. */
    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        facts.put("feature_megabytes", 3.0 * batch * SIDE * SIDE * CHANNELS * Float.BYTES / 1e6);
        work.total().addTo(facts);
        return facts;
    }

    @Override
    public void close() {
        program.close();
        workspace.close();
        backend.close();
    }
}
