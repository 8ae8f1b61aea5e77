package dev.earshot.bench.jmh;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import org.openjdk.jmh.annotations.Param;

/**
 * The fused op of pixel matching beside the same costs from general ops ({@link UnfusedMatching}), both captured as programs:
 * a batch of anchors with a positive and a negative each, features [batch, 16, 16, 1280], whole rows. The fused op also
 * saves what its backward op needs, and its winners obey ties.
 */
public class PixelMatchingFusionBench extends FusionBench {
    private static final int SIDE = 16;
    private static final int CHANNELS = 1280;

    /** Anchors. */
    @Param("8")
    public int batch;

    private Tensor fusedCosts;
    private Tensor unfusedCosts;

    @Override
    protected Pair prepare(Backend backend, Workspace workspace) {
        Tensor f = backend.upload(workspace, Filler.tensor("input.anchor", batch, SIDE, SIDE, CHANNELS), DType.F32);
        Tensor g = backend.upload(workspace, Filler.tensor("input.others", 2 * batch, SIDE, SIDE, CHANNELS), DType.F32);
        Tensor winners = workspace.allocate(DType.I32, 2L * batch, SIDE, SIDE);
        Tensor saved = workspace.allocate(DType.F32, 2L * batch, PixelMatching.DEFAULT.savedWidth(SIDE, SIDE));
        fusedCosts = workspace.allocate(DType.F32, 2L * batch);
        unfusedCosts = workspace.allocate(DType.F32, 2L * batch);
        UnfusedMatching ops = new UnfusedMatching(workspace, f, g, unfusedCosts, winners);
        return new Pair(b -> b.pixelMatching(f, g, PixelMatching.DEFAULT, fusedCosts, winners, saved), ops::run);
    }

    @Override
    protected float[][] results(Backend backend) {
        return new float[][] {backend.download(fusedCosts), backend.download(unfusedCosts)};
    }
}
