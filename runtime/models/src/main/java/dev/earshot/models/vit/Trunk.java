package dev.earshot.models.vit;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;

/** The blocks of a transformer in order. */
public final class Trunk {
    private final List<TransformerBlock> blocks;

    Trunk(List<TransformerBlock> blocks) {
        this.blocks = List.copyOf(blocks);
    }

    /** Number of blocks. */
    public int depth() {
        return blocks.size();
    }

    /** Block {@code index}, 0-based. */
    public TransformerBlock block(int index) {
        return blocks.get(index);
    }

    /**
     * Runs all blocks, in place: two buffers of the stream's size suffice, x and one from the workspace.
     *
     * @param x F32 [B, N, D], overwritten by the output of the last block
     */
    public void run(Backend b, Workspace ws, Tensor x, BlockHook hook) {
        run(b, ws, x, 0, blocks.size(), hook);
    }

    /**
     * Runs blocks {@code from} (inclusive) to {@code to} (exclusive), in place; each block is a checkpoint segment.
     *
     * @param x F32 [B, N, D], overwritten by the output of the last block run
     */
    public void run(Backend b, Workspace ws, Tensor x, int from, int to, BlockHook hook) {
        for (int i = from; i < to; i++) {
            int index = i;
            b.checkpoint(x, backend -> run(backend, ws, x, index, hook));
        }
    }

    private void run(Backend b, Workspace ws, Tensor x, int index, BlockHook hook) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor y = ws.allocate(x.dtype(), x.shape());
            blocks.get(index).attentionHalf(b, ws, x, y);
            hook.afterAttention(b, ws, index, x, y);
            blocks.get(index).mlpHalf(b, ws, y, x);
            hook.afterMlp(b, ws, index, y, x);
        }
    }
}
