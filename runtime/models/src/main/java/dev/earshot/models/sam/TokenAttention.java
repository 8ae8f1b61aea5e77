package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.models.vit.LinearWeights;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * Attention from the tokens to the image with what follows it: norm(q + Wo attention(Wq(q + t0), keys, values)). Token sides
 * of all attentions run in F32: they are under two per cent of the work, and their rounding would be in every pixel.
 *
 * @param query E to c
 * @param out c to E
 */
record TokenAttention(Linear query, Linear out, LayerNorm norm, int heads) {
    /** The declared layers. */
    record Declared(LinearWeights query, LinearWeights key, LinearWeights value, LinearWeights out) {
        /** Declares an attention of E outside and {@code inner} inside. */
        static Declared declare(SamLoader loader, String original, int width, int inner) {
            return new Declared(
                    loader.linear(original + ".q_proj", inner, width),
                    loader.linear(original + ".k_proj", inner, width),
                    loader.linear(original + ".v_proj", inner, width),
                    loader.linear(original + ".out_proj", width, inner));
        }

        TokenAttention prepare(ParameterScope scope, LayerNormWeights norm, float eps, int heads) {
            return new TokenAttention(
                    query.prepare(scope, DType.F32), out.prepare(scope, DType.F32), norm.prepare(scope, eps), heads);
        }
    }

    /** 1 / sqrt(hd) of rows that hold {@code heads} heads. */
    static float scale(Tensor rows, int heads) {
        return (float) (1 / Math.sqrt((double) rows.dim(-1) / heads));
    }

    /**
     * Updates the tokens.
     *
     * @param t0 F32 [B, T, E], the tokens as they came in, which serve as their positions
     * @param q F32 [B, T, E], changed
     * @param keys F32 [1 or B, N, c]
     * @param values F32 [1 or B, N, c]
     */
    void apply(Backend b, Workspace ws, Tensor t0, Tensor q, Tensor keys, Tensor values) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor queries = b.linear(ws, placed(b, ws, q, t0), query, Activation.NONE);
            Tensor seen = ws.allocate(DType.F32, queries.shape());
            // Queries do not see each other: those of all prompts may ask one image at once.
            long batch = keys.dim(0);
            long rows = queries.dim(0) * queries.dim(1) / batch;
            long inner = queries.dim(2);
            b.attention(
                    queries.reshape(batch, rows, inner),
                    keys,
                    values,
                    heads,
                    scale(queries, heads),
                    seen.reshape(batch, rows, inner));
            norm.apply(b, b.linear(ws, seen, out, Activation.NONE, q), q);
        }
    }

    /** x + t0 in a new tensor. */
    static Tensor placed(Backend b, Workspace ws, Tensor x, Tensor t0) {
        Tensor sum = ws.allocate(DType.F32, x.shape());
        b.binary(dev.earshot.tensor.BinaryOp.ADD, x, t0, sum);
        return sum;
    }
}
