package dev.earshot.models.vit;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * Called between the halves of every block of a {@link Trunk}. It may read both tensors and may add to the second, which
 * is how adapters enter the residual stream. The trunk reuses both tensors afterwards: copy what must stay.
 */
public interface BlockHook {
    /** Does nothing. */
    BlockHook NONE = new BlockHook() {};

    /**
     * After y = x + MHA(LN1(x)) of block {@code block} (0-based).
     *
     * @param x F32 [B, N, D], input of the block
     * @param y F32 [B, N, D], the stream after attention; may be changed
     */
    default void afterAttention(Backend b, Workspace ws, int block, Tensor x, Tensor y) {}

    /**
     * After out = y + MLP(LN2(y)) of block {@code block} (0-based).
     *
     * @param y F32 [B, N, D], the stream between the halves
     * @param out F32 [B, N, D], the stream after the block; may be changed
     */
    default void afterMlp(Backend b, Workspace ws, int block, Tensor y, Tensor out) {}
}
