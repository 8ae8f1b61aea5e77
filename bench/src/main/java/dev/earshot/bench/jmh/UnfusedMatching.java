package dev.earshot.bench.jmh;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;

/**
 * Pixel matching with {@link dev.earshot.tensor.PixelMatching#DEFAULT} settings written as general ops, the way a framework
 * without a fused op runs it: about twenty ops per group, every intermediate in memory. Owns nothing; its temporaries come
 * from the workspace that it is given.
 */
final class UnfusedMatching {
    private final Tensor f;
    private final Tensor g;
    private final Tensor cost;
    private final Tensor winners;
    private final Tensor squared;
    private final Tensor[] squaresF;
    private final Tensor[] squaresG;
    private final Tensor imageF;
    private final Tensor imageG;
    private final Tensor products;
    private final Tensor lengths;
    private final Tensor costs;
    private final Tensor least;

    /**
     * @param f F32 [B, H, W, C]
     * @param g F32 [n B, H, W, C]
     * @param cost F32 [n B]
     * @param winners I32 [n B, H, W], columns of g
     */
    UnfusedMatching(Workspace ws, Tensor f, Tensor g, Tensor cost, Tensor winners) {
        this.f = f;
        this.g = g;
        this.cost = cost;
        this.winners = winners;
        long batch = f.dim(0);
        long height = f.dim(1);
        long width = f.dim(2);
        this.squared = ws.allocate(DType.F32, f.shape());
        this.squaresF = new Tensor[] {ws.allocate(DType.F32, batch, height, width), null};
        this.squaresG = new Tensor[] {ws.allocate(DType.F32, batch, height, width), null};
        squaresF[1] = squaresF[0].reshape(batch, height, width, 1);
        squaresG[1] = squaresG[0].reshape(batch, height, 1, width);
        this.imageF = ws.allocate(DType.F32, batch);
        this.imageG = ws.allocate(DType.F32, batch);
        this.products = ws.allocate(DType.F32, batch, height, width, width);
        this.lengths = ws.allocate(DType.F32, batch, height, width, width);
        this.costs = ws.allocate(DType.F32, batch, height, width, width);
        this.least = ws.allocate(DType.F32, batch, height, width);
    }

    /** Runs all ops once. */
    void run(Backend b) {
        long batch = f.dim(0);
        squares(b, f, squaresF, imageF);
        for (long from = 0; from < g.dim(0); from += batch) {
            Tensor other = g.slice(0, from, from + batch);
            squares(b, other, squaresG, imageG);
            matchGroup(b, other);
            b.reduce(ReduceOp.MIN, costs, 3, least);
            b.reduce(ReduceOp.MEAN, least.reshape(batch, f.dim(1) * f.dim(2)), 1, cost.slice(0, from, from + batch));
            b.affine(costs, -1, 0, costs);
            b.argmax(costs, winners.slice(0, from, from + batch));
        }
    }

    /** Squared lengths of the pixels over their mean, and the root of that mean. */
    private void squares(Backend b, Tensor x, Tensor[] squares, Tensor image) {
        b.binary(BinaryOp.MULTIPLY, x, x, squared);
        b.reduce(ReduceOp.SUM, squared, 3, squares[0]);
        b.reduce(ReduceOp.MEAN, squares[0].reshape(x.dim(0), x.dim(1) * x.dim(2)), 1, image);
        b.binary(BinaryOp.DIVIDE, squares[0], image.reshape(x.dim(0), 1, 1), squares[0]);
        b.unary(UnaryOp.SQRT, image, image);
    }

    /** costs = (U + V - 2 A) / 2 + 1 - A / sqrt(U V). */
    private void matchGroup(Backend b, Tensor other) {
        long[] perSample = {f.dim(0), 1, 1, 1};
        b.matmul(f, other.transpose(2, 3), 1, products);
        b.binary(BinaryOp.DIVIDE, products, imageF.reshape(perSample), products);
        b.binary(BinaryOp.DIVIDE, products, imageG.reshape(perSample), products);
        b.binary(BinaryOp.ADD, squaresF[1], squaresG[1], costs);
        b.affine(costs, 0.5f, 1, costs);
        b.binary(BinaryOp.SUBTRACT, costs, products, costs);
        b.unary(UnaryOp.SQRT, squaresF[0], squaresF[0]);
        b.unary(UnaryOp.SQRT, squaresG[0], squaresG[0]);
        b.binary(BinaryOp.MULTIPLY, squaresF[1], squaresG[1], lengths);
        b.binary(BinaryOp.DIVIDE, products, lengths, products);
        b.binary(BinaryOp.SUBTRACT, costs, products, costs);
        b.binary(BinaryOp.MULTIPLY, squaresF[0], squaresF[0], squaresF[0]); // for the next group
    }
}
