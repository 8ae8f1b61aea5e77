package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * From the stream's channels to those of the embedding: 1 x 1 convolution, norm, 3 x 3 convolution, norm. A norm over
 * channels at each pixel is a layer norm of token rows, a 1 x 1 convolution is a linear layer of them; only the 3 x 3
 * convolution sees planes. Holds weights only.
 */
public final class SamNeck {
    private final SamGrid grid;
    private final Linear reduce; // D -> E, no bias
    private final LayerNorm norm1;
    private final Convolution convolution; // E -> E, 3 x 3, no bias
    private final LayerNorm norm2;

    SamNeck(SamGrid grid, Linear reduce, LayerNorm norm1, Convolution convolution, LayerNorm norm2) {
        this.grid = grid;
        this.reduce = reduce;
        this.norm1 = norm1;
        this.convolution = convolution;
        this.norm2 = norm2;
    }

    /**
     * The embedding.
     *
     * @param x F32 [B, gh * gw, D], the stream after the last block
     * @param out F32 [B, gh * gw, E]
     */
    void run(Backend b, Workspace ws, Tensor x, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            norm2.apply(b, convolve(b, ws, normalize(b, ws, reduce(b, ws, x))), out);
        }
    }

    /**
     * The embedding, in a new tensor.
     *
     * @param x F32 [B, gh * gw, D], the stream after the last block
     * @return F32 [B, gh * gw, E]
     */
    public Tensor run(Backend b, Workspace ws, Tensor x) {
        Tensor out = ws.allocate(DType.F32, x.dim(0), x.dim(1), reduce.outputWidth());
        run(b, ws, x, out);
        return out;
    }

    /** The 1 x 1 convolution: F32 [B, gh * gw, D] to F32 [B, gh * gw, E]. */
    public Tensor reduce(Backend b, Workspace ws, Tensor x) {
        Tensor out = ws.allocate(DType.F32, x.dim(0), x.dim(1), reduce.outputWidth());
        try (Workspace.Frame _ = ws.frame()) {
            Tensor input = reduce.computeType() == x.dtype() ? x : b.copy(ws, x, reduce.computeType());
            b.linear(input, reduce, Activation.NONE, out);
        }
        return out;
    }

    /** The first norm: F32 [B, gh * gw, E] to the compute type. */
    public Tensor normalize(Backend b, Workspace ws, Tensor reduced) {
        return norm1.apply(b, ws, reduced, convolution.computeType());
    }

    /** The 3 x 3 convolution of rows [B, gh * gw, E] of the compute type: F32 [B, gh * gw, E]. */
    public Tensor convolve(Backend b, Workspace ws, Tensor rows) {
        long width = rows.dim(2);
        Tensor out = ws.allocate(DType.F32, rows.shape());
        try (Workspace.Frame _ = ws.frame()) {
            long[] planes = {rows.dim(0), width, grid.rows(), grid.columns()};
            Tensor input = ws.allocate(rows.dtype(), planes);
            b.copy(rows.transpose(1, 2), input.reshape(rows.dim(0), width, rows.dim(1)));
            Tensor output = ws.allocate(DType.F32, planes);
            b.conv2d(input, convolution, output);
            b.copy(output.reshape(rows.dim(0), width, rows.dim(1)).transpose(1, 2), out);
        }
        return out;
    }
}
