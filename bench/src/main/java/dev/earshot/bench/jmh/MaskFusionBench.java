package dev.earshot.bench.jmh;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import org.openjdk.jmh.annotations.Param;

/**
 * Counts and boxes of masks as one op, beside two resizes and three counts of general ops with both enlarged images in memory
 * (no boxes); both captured as programs. Noise at 1024 x 1024, the dearest input of the fused op.
 */
public class MaskFusionBench extends FusionBench {
    /** Turns any difference from a threshold that matters into more than 1. */
    private static final float STEEP = 1e30f;

    private static final float[] THRESHOLDS = {1, -1, 0};

    /** Masks; each needs 12 MB of general ops. */
    @Param("24")
    public int masks;

    /** Side of the logits; the picture has four times as many pixels on a side. */
    @Param("256")
    public int side;

    private Tensor measures;
    private Tensor counts;

    @Override
    protected Pair prepare(Backend backend, Workspace workspace) {
        int large = 4 * side;
        Tensor logits = backend.upload(workspace, Filler.tensor("input.logits", masks, side, side), DType.F32);
        MaskResize resize = new MaskResize(large, large, large, large, large, large);
        measures = workspace.allocate(DType.I32, masks, 7);
        counts = workspace.allocate(DType.F32, THRESHOLDS.length, masks);
        Tensor frame = workspace.allocate(DType.F32, masks, 1, large, large);
        Tensor picture = workspace.allocate(DType.F32, masks, 1, large, large);
        Tensor above = workspace.allocate(DType.F32, masks, 1, large, large);
        Tensor inRows = workspace.allocate(DType.F32, masks, large);
        Tensor one = workspace.allocate(DType.F32, 1);
        backend.training().fill(one, 1);
        return new Pair(b -> b.measureMasks(logits, resize, 0, 1, measures), b -> {
            b.resize(logits.reshape(masks, 1, side, side), Interpolation.BILINEAR, 0.25, 0.25, frame);
            b.resize(frame, Interpolation.BILINEAR, 1, 1, picture);
            for (int i = 0; i < THRESHOLDS.length; i++) {
                b.affine(picture, STEEP, -STEEP * THRESHOLDS[i], above);
                b.unary(UnaryOp.RELU, above, above);
                b.binary(BinaryOp.MIN, above, one, above);
                b.reduce(ReduceOp.SUM, above.reshape(masks, large, large), 2, inRows);
                b.reduce(ReduceOp.SUM, inRows, 1, counts.select(0, i));
            }
        });
    }

    /** The last counts of both, the fused ones first: by threshold, then by mask. */
    @Override
    protected float[][] results(Backend backend) {
        long[] integers = backend.downloadIntegers(measures);
        float[] fusedCounts = new float[THRESHOLDS.length * masks];
        for (int i = 0; i < fusedCounts.length; i++) {
            fusedCounts[i] = integers[i % masks * 7 + i / masks];
        }
        return new float[][] {fusedCounts, backend.download(counts)};
    }
}
