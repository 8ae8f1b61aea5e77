package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;

/** MoCA's triplet loss over matched pixels (arXiv 2403.14203, Eq. 4): mean over the batch of max(0, C_pos - C_neg + margin). */
public final class TripletLoss {
    private TripletLoss() {}

    /**
     * The loss and what it is made of.
     *
     * @param mean F32 [], what is differentiated
     * @param hinges F32 [B]
     * @param costs F32 [2 B]: C_pos of every sample, then C_neg
     * @param winners F32 [2 B, H, W]: index of the winning displacement of every pixel, as a number
     */
    public record Result(Tensor mean, Tensor hinges, Tensor costs, Tensor winners) {}

    /**
     * Computes the loss.
     *
     * @param features F32 [3 B, H W, C]: anchors, positives, negatives; square grids, row-major
     */
    public static Result of(Backend b, Workspace ws, Tensor features, TripletSettings settings) {
        long batch = features.dim(0) / 3;
        long side = Math.round(Math.sqrt(features.dim(1)));
        return of(
                b,
                ws,
                features.reshape(3 * batch, side, side, features.dim(2)),
                settings.matching(),
                settings.margin());
    }

    /**
     * Computes the loss on grids of any sides.
     *
     * @param grids F32 [3 B, H, W, C]: anchors, positives, negatives
     */
    public static Result of(Backend b, Workspace ws, Tensor grids, PixelMatching matching, double margin) {
        long batch = grids.dim(0) / 3;
        Tensor costs = ws.allocate(DType.F32, 2 * batch);
        Tensor winners = ws.allocate(DType.I32, 2 * batch, grids.dim(1), grids.dim(2));
        Tensor saved = ws.allocate(DType.F32, 2 * batch, matching.savedWidth(grids.dim(1), grids.dim(2)));
        b.pixelMatching(grids.slice(0, 0, batch), grids.slice(0, batch, 3 * batch), matching, costs, winners, saved);
        Tensor hinges = ws.allocate(DType.F32, batch);
        b.binary(BinaryOp.SUBTRACT, costs.slice(0, 0, batch), costs.slice(0, batch, 2 * batch), hinges);
        b.affine(hinges, 1, (float) margin, hinges);
        b.unary(UnaryOp.RELU, hinges, hinges); // slope 0 at exactly 0
        Tensor mean = ws.allocate(DType.F32);
        b.reduce(ReduceOp.MEAN, hinges, 0, mean);
        return new Result(mean, hinges, costs, b.copy(ws, winners, DType.F32));
    }
}
