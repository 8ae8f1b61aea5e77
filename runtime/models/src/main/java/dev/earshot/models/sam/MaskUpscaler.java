package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;

/**
 * Token rows to four times the grid's resolution: upscaling, layer norm over channels, GELU, upscaling. In quad order
 * throughout; see {@link Upscaling}.
 *
 * @param first in to 4 * middle
 * @param norm over middle
 * @param second middle to 4 * out
 */
record MaskUpscaler(Linear first, LayerNorm norm, Linear second, DType compute) {
    /** The declared tensors. */
    record Declared(Upscaling first, LayerNormWeights norm, Upscaling second) {
        /** Declares steps 0, 1 and 3 of the module {@code original}. */
        static Declared declare(SamLoader loader, String original, int in, int middle, int out) {
            return new Declared(
                    Upscaling.declare(loader, original + ".0", in, middle),
                    loader.layerNorm(original + ".1", middle),
                    Upscaling.declare(loader, original + ".3", middle, out));
        }

        MaskUpscaler prepare(ParameterScope scope, DType compute) {
            return new MaskUpscaler(
                    first.prepare(scope, compute),
                    norm.prepare(scope, SamConfig.LAYER_NORM_EPS),
                    second.prepare(scope, compute),
                    compute);
        }
    }

    /** Channels of the result. */
    long channels() {
        return second.outputWidth() / Upscaling.SQUARE;
    }

    /**
     * Upscales.
     *
     * @param x [B, N, in] of the compute type
     * @param out [B, N * 16, channels], in quad order
     */
    void apply(Backend b, Workspace ws, Tensor x, Activation last, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor hidden = hidden(b, ws, x);
            b.linear(hidden, second, last, out.reshape(hidden.dim(0), hidden.dim(1), second.outputWidth()));
        }
    }

    /** As {@link #apply} without activation and with {@code residual}, F32 and in out's shape, added; it may be out. */
    void add(Backend b, Workspace ws, Tensor x, Tensor residual, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor hidden = hidden(b, ws, x);
            long[] rows = {hidden.dim(0), hidden.dim(1), second.outputWidth()};
            b.linear(hidden, second, Activation.NONE, residual.reshape(rows), out.reshape(rows));
        }
    }

    private Tensor hidden(Backend b, Workspace ws, Tensor x) {
        long middle = first.outputWidth() / Upscaling.SQUARE;
        Tensor hidden = ws.allocate(compute, x.dim(0), x.dim(1) * Upscaling.SQUARE, middle);
        try (Workspace.Frame _ = ws.frame()) {
            Tensor wide = ws.allocate(DType.F32, x.dim(0), x.dim(1), first.outputWidth());
            b.linear(x, first, Activation.NONE, wide);
            norm.apply(b, wide.reshape(hidden.shape().toArray()), hidden);
        }
        b.unary(UnaryOp.GELU, hidden, hidden);
        return hidden;
    }
}
