package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * A block of SAM's image encoder: y = x + Attention(LN1(x)), out = y + MLP(LN2(y)), attention with decomposed relative
 * positions, over the whole grid or in windows. The stream is F32; products run in the compute type that the weights were
 * prepared for. Holds weights only; one thread at a time.
 *
 * <p>Differs from facebookresearch/segment-anything modeling/image_encoder.py: the windows are cut out of query, key and
 * value, not out of their input. The original fills windows at the border up with zeros before the qkv layer, which turns
 * them into its bias; filling up with that bias afterwards gives the same and saves the layer 16 % of its rows at 64 x 64.
 */
public final class SamBlock {
    private final SamGrid grid;
    private final int heads;
    private final int window; // 0 for the whole grid
    private final float scale;
    private final LayerNorm norm1;
    private final Linear qkv; // D -> 3 * D, rows q, k, v
    private final Tensor qkvBias; // F32 [3 * D]: what the layer makes of a token of zeros
    private final RelativePositions positions;
    private final Linear proj; // D -> D
    private final LayerNorm norm2;
    private final Linear lin1; // D -> mlpWidth
    private final Linear lin2; // mlpWidth -> D

    SamBlock(
            SamGrid grid,
            int heads,
            int window,
            LayerNorm norm1,
            Linear qkv,
            Tensor qkvBias,
            RelativePositions positions,
            Linear proj,
            LayerNorm norm2,
            Linear lin1,
            Linear lin2) {
        this.grid = grid;
        this.heads = heads;
        this.window = window;
        this.scale = (float) (1 / Math.sqrt((double) proj.inputWidth() / heads));
        this.norm1 = norm1;
        this.qkv = qkv;
        this.qkvBias = qkvBias;
        this.positions = positions;
        this.proj = proj;
        this.norm2 = norm2;
        this.lin1 = lin1;
        this.lin2 = lin2;
    }

    /** True if attention spans the whole grid. */
    public boolean isGlobal() {
        return window == 0;
    }

    /** The tables of this block, as long as its attention needs them. */
    public RelativePositions positions() {
        return positions;
    }

    /**
     * Runs the block in place.
     *
     * @param x F32 [B, gh * gw, D], overwritten by the output
     */
    public void run(Backend b, Workspace ws, Tensor x) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor y = ws.allocate(DType.F32, x.shape());
            attentionHalf(b, ws, x, y);
            mlpHalf(b, ws, y, x);
        }
    }

    private void attentionHalf(Backend b, Workspace ws, Tensor x, Tensor y) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor mixed = ws.allocate(qkv.computeType(), x.shape());
            mix(b, ws, x, mixed);
            b.linear(mixed, proj, Activation.NONE, x, y);
        }
    }

    /** LN1(x), of the compute type. */
    public Tensor normed(Backend b, Workspace ws, Tensor x) {
        return norm1.apply(b, ws, x, qkv.computeType());
    }

    /** What attention makes of the norm of x, before the projection, put back into the grid: [B, gh * gw, D]. */
    private void mix(Backend b, Workspace ws, Tensor x, Tensor mixed) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor joint = ws.allocate(qkv.computeType(), x.shape().with(-1, qkv.outputWidth())); // [B, gh * gw, 3 * D]
            try (Workspace.Frame _ = ws.frame()) { // the norm's memory serves the windows next
                b.linear(normed(b, ws, x), qkv, Activation.NONE, joint);
            }
            if (isGlobal()) {
                attend(b, joint, mixed);
            } else {
                b.mergeWindows(attendInWindows(b, ws, joint), window, planes(mixed));
            }
        }
    }

    /**
     * The attention branch up to and with its projection, before windows are put back together: what fills them up is
     * still there. For inspection; a pass puts the windows together first.
     *
     * @param normed [B, gh * gw, D] of the compute type
     * @return F32 [B * windows, s * s, D], or [B, gh * gw, D] of a global block
     */
    public Tensor attention(Backend b, Workspace ws, Tensor normed) {
        Tensor joint = b.linear(ws, normed, qkv, Activation.NONE);
        Tensor mixed;
        if (isGlobal()) {
            mixed = ws.allocate(qkv.computeType(), normed.shape());
            attend(b, joint, mixed);
        } else {
            mixed = attendInWindows(b, ws, joint);
        }
        Tensor out = ws.allocate(DType.F32, mixed.shape());
        b.linear(mixed, proj, Activation.NONE, out);
        return out;
    }

    /** [B, gh * gw, 3 * D] to [B * windows, s * s, D]. */
    private Tensor attendInWindows(Backend b, Workspace ws, Tensor joint) {
        long count = joint.dim(0) * Math.ceilDiv(grid.rows(), window) * Math.ceilDiv(grid.columns(), window);
        long tokens = (long) window * window;
        Tensor mixed = ws.allocate(joint.dtype(), count, tokens, joint.dim(2) / 3);
        try (Workspace.Frame _ = ws.frame()) {
            Tensor windows = ws.allocate(joint.dtype(), count, tokens, joint.dim(2));
            b.partitionWindows(planes(joint), window, qkvBias, windows);
            attend(b, windows, mixed);
        }
        return mixed;
    }

    private void attend(Backend b, Tensor joint, Tensor out) {
        long width = out.dim(2);
        b.gridAttention(
                joint.slice(-1, 0, width),
                joint.slice(-1, width, 2 * width),
                joint.slice(-1, 2 * width, 3 * width),
                heads,
                scale,
                positions.rows(),
                positions.columns(),
                out);
    }

    private void mlpHalf(Backend b, Workspace ws, Tensor y, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor normed = norm2.apply(b, ws, y, lin1.computeType());
            Tensor hidden = b.linear(ws, normed, lin1, Activation.GELU); // [B, gh * gw, mlpWidth]
            b.linear(hidden, lin2, Activation.NONE, y, out);
        }
    }

    private Tensor planes(Tensor rows) {
        return rows.reshape(rows.dim(0), grid.rows(), grid.columns(), rows.dim(2));
    }
}
