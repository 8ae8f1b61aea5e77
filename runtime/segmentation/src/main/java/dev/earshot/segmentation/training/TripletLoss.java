package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import java.util.Optional;

/**
 * MoCA's triplet loss over matched pixels (arXiv 2403.14203, Eq. 4): mean over the batch of
 * max(0, C_pos - C_neg + margin).
 *
 * @param matching how pixels are compared
 * @param margin by how much a negative must cost more than the positive
 * @param weights F32 [B, H, W] of the anchors' pixels, constants; empty for the mean over the pixels
 */
public record TripletLoss(PixelMatching matching, double margin, Optional<Tensor> weights) {
    /** The loss with the mean over the pixels. */
    public TripletLoss(PixelMatching matching, double margin) {
        this(matching, margin, Optional.empty());
    }

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
     * The loss of a batch.
     *
     * @param grids F32 [3 B, H, W, C]: features of anchors, positives, negatives
     */
    public Result of(Backend b, Workspace ws, Tensor grids) {
        long batch = grids.dim(0) / 3;
        Tensor costs = ws.allocate(DType.F32, 2 * batch);
        Tensor winners = ws.allocate(DType.I32, 2 * batch, grids.dim(1), grids.dim(2));
        match(b, ws, grids.slice(0, 0, batch), grids.slice(0, batch, 3 * batch), costs, winners);
        Tensor hinges = hinges(b, ws, costs.slice(0, 0, batch), costs.slice(0, batch, 2 * batch));
        return new Result(mean(b, ws, hinges), hinges, costs, b.copy(ws, winners, DType.F32));
    }

    /**
     * The hinge between the anchor with its own sound and the same picture with another sound, both against the positive:
     * mean of max(0, C_pos - C(swapped, positive) + margin).
     *
     * @param grids as for {@link #of}
     * @param swapped F32 [B, H, W, C], features of the anchors' pictures with other sounds
     * @param own the result of {@link #of}
     * @return F32 []
     */
    public Tensor swapped(Backend b, Workspace ws, Tensor grids, Tensor swapped, Result own) {
        long batch = swapped.dim(0);
        Tensor costs = ws.allocate(DType.F32, batch);
        Tensor winners = ws.allocate(DType.I32, batch, grids.dim(1), grids.dim(2));
        match(b, ws, swapped, grids.slice(0, batch, 2 * batch), costs, winners);
        return mean(b, ws, hinges(b, ws, own.costs().slice(0, 0, batch), costs));
    }

    private void match(Backend b, Workspace ws, Tensor f, Tensor g, Tensor costs, Tensor winners) {
        Tensor saved = ws.allocate(DType.F32, g.dim(0), matching.savedWidth(g.dim(1), g.dim(2)));
        if (weights.isPresent()) {
            b.pixelMatching(f, g, matching, weights.get(), costs, winners, saved);
        } else {
            b.pixelMatching(f, g, matching, costs, winners, saved);
        }
    }

    private Tensor hinges(Backend b, Workspace ws, Tensor near, Tensor far) {
        Tensor hinges = ws.allocate(DType.F32, near.shape());
        b.binary(BinaryOp.SUBTRACT, near, far, hinges);
        b.affine(hinges, 1, (float) margin, hinges);
        b.unary(UnaryOp.RELU, hinges, hinges); // slope 0 at exactly 0
        return hinges;
    }

    private static Tensor mean(Backend b, Workspace ws, Tensor hinges) {
        Tensor mean = ws.allocate(DType.F32);
        b.reduce(ReduceOp.MEAN, hinges, 0, mean);
        return mean;
    }
}
