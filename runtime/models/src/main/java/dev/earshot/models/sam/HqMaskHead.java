package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.models.vit.LinearWeights;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weight;
import java.util.List;

/**
 * HQ-SAM's own mask: the filter of its token on M(U) + F, with U the upscaled image stream, M two convolutions, and F the
 * image's HQ feature. F is the same for all prompts, so its part of the mask is one product for all of them, and no sum of
 * features is ever made. Source: SysCV/sam-hq, modeling/mask_decoder_hq.py.
 */
record HqMaskHead(
        Network filterNetwork, Convolution first, LayerNorm norm, Convolution second, SamGrid grid, DType compute) {
    private static final int KERNEL = 3;

    /** The declared tensors. */
    record Declared(
            Weight token,
            List<LinearWeights> filterNetwork,
            List<Weight> first,
            LayerNormWeights norm,
            List<Weight> second) {
        static Declared declare(SamLoader loader, SamConfig.Decoder sizes) {
            int width = sizes.width();
            int narrow = sizes.filterWidth();
            int wide = sizes.upscaledWidth();
            return new Declared(
                    loader.tensor("mask_decoder.hf_token.weight", 1, width),
                    loader.network("mask_decoder.hf_mlp", SamConfig.Decoder.HYPERNETWORK_DEPTH, width, width, narrow),
                    convolution(loader, "0", narrow, wide),
                    loader.layerNorm("mask_decoder.embedding_maskfeature.1", wide),
                    convolution(loader, "3", wide, narrow));
        }

        private static List<Weight> convolution(SamLoader loader, String step, int in, int out) {
            String name = "mask_decoder.embedding_maskfeature." + step;
            return List.of(
                    loader.tensor(name + ".weight", out, in, KERNEL, KERNEL), loader.tensor(name + ".bias", out));
        }

        HqMaskHead prepare(ParameterScope scope, SamGrid grid, DType compute) {
            return new HqMaskHead(
                    Network.prepare(scope, filterNetwork),
                    prepare(scope, first, compute),
                    norm.prepare(scope, SamConfig.LAYER_NORM_EPS),
                    prepare(scope, second, compute),
                    grid,
                    compute);
        }

        private static Convolution prepare(ParameterScope scope, List<Weight> layer, DType compute) {
            ConvolutionOptions samePadding = new ConvolutionOptions(1, 1, 1, 1, 1, 1, 1);
            return scope.convolution(layer.get(0).read(), layer.get(1).read(), samePadding, compute);
        }
    }

    /** The filters of HQ tokens F32 [B, E], F32 [B, E / 8]. */
    Tensor filter(Backend b, Workspace ws, Tensor tokens) {
        Tensor filter =
                ws.allocate(DType.F32, tokens.dim(0), first.weightShape().dim(1));
        filterNetwork.apply(b, ws, tokens, filter);
        return filter;
    }

    /** The part of the masks that F makes: filter [B, E / 8], feature [1, N * 16, E / 8], quad F32 [B, 1, N * 16]. */
    void onFeature(Backend b, Workspace ws, Tensor filter, Tensor feature, Tensor quad) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor rows = filter.reshape(1, filter.dim(0), filter.dim(1));
            b.matmul(operand(b, ws, rows), feature.transpose(1, 2), 1, quad.reshape(1, quad.dim(0), quad.dim(2)));
        }
    }

    /** Adds the part that M(U) makes to out F32 [B, 1, 4 gh, 4 gw]; U is {@code upscaled} [B, N * 16, E / 8]. */
    void addOnMasks(Backend b, Workspace ws, Tensor filter, Tensor upscaled, Tensor out, SamObserver observer) {
        try (Workspace.Frame _ = ws.frame()) {
            long batch = out.dim(0);
            Tensor feature = maskFeature(b, ws, upscaled);
            observer.see("maskfeature", feature);
            Tensor rows = filter.reshape(batch, 1, filter.dim(1));
            Tensor part = ws.allocate(DType.F32, batch, 1, out.dim(2) * out.dim(3));
            b.matmul(operand(b, ws, rows), feature.reshape(batch, filter.dim(1), part.dim(2)), 1, part);
            b.binary(BinaryOp.ADD, out, part.reshape(out.shape().toArray()), out);
        }
    }

    private Tensor operand(Backend b, Workspace ws, Tensor x) {
        return compute == DType.F32 ? x : b.copy(ws, x, compute);
    }

    /** M(U), [B, E / 8, 4 gh, 4 gw] of the compute type. */
    private Tensor maskFeature(Backend b, Workspace ws, Tensor upscaled) {
        long batch = upscaled.dim(0);
        long height = 4L * grid.rows();
        long width = 4L * grid.columns();
        Tensor feature = ws.allocate(compute, batch, upscaled.dim(2), height, width);
        try (Workspace.Frame _ = ws.frame()) {
            long channels = first.weightShape().dim(0);
            Tensor middle = ws.allocate(compute, batch, channels, height, width);
            try (Workspace.Frame _ = ws.frame()) {
                Tensor planes = ws.allocate(compute, feature.shape());
                Upscaling.toPlanes(b, upscaled, grid, planes);
                b.conv2d(planes, first, middle);
            }
            normalise(b, ws, middle.reshape(batch, channels, height * width));
            b.unary(UnaryOp.GELU, middle, middle);
            b.conv2d(middle, second, feature);
        }
        return feature;
    }

    /** Layer norm over the channels of each pixel of x [B, C, pixels], in place. */
    private void normalise(Backend b, Workspace ws, Tensor x) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor pixels = ws.allocate(DType.F32, x.dim(0), x.dim(2), x.dim(1));
            Tensor normal = ws.allocate(DType.F32, pixels.shape());
            b.copy(x.transpose(1, 2), pixels);
            norm.apply(b, pixels, normal);
            b.copy(normal.transpose(1, 2), x);
        }
    }
}
