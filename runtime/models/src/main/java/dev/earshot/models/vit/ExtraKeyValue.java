package dev.earshot.models.vit;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/** Whether attention sees one position more than there are tokens. */
sealed interface ExtraKeyValue {
    /** Keys and values are those of the tokens. */
    record None() implements ExtraKeyValue {}

    /**
     * One learned key and value after those of the tokens, the same for every sample and not projected (PyTorch's
     * {@code add_bias_kv}).
     *
     * @param key F32 [1, 1, D], {@code bias_k}
     * @param value F32 [1, 1, D], {@code bias_v}
     */
    record Learned(Tensor key, Tensor value) implements ExtraKeyValue {
        /** [B, L + 1, D]: the rows of {@code tokens} [B, L, D], then {@code extra}. */
        static Tensor append(Backend b, Workspace ws, Tensor tokens, Tensor extra) {
            long length = tokens.dim(1);
            Shape longer = tokens.shape().with(1, length + 1);
            Tensor out = ws.allocate(tokens.dtype(), longer);
            b.copy(tokens, out.slice(1, 0, length));
            b.copy(extra, out.slice(1, length, length + 1));
            return out;
        }
    }
}
