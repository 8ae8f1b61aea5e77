package dev.earshot.models.sam;

import dev.earshot.models.vit.LinearWeights;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Prompt tokens and an image stream to masks and their predicted quality, in two halves: {@link #attend} runs the transformer
 * and the IoU head, {@link #masks} makes the masks that are wanted. Source: facebookresearch/segment-anything,
 * modeling/mask_decoder.py.
 */
final class SamMaskDecoder {
    static final String HYPERNETWORK = "mask_decoder.output_hypernetworks_mlps.%d";

    private final SamGrid grid;
    private final SamConfig.Decoder sizes;
    private final DType compute;
    private final float[] outputTokens; // [1 + maskTokens (+ 1)][E]
    private final TwoWayTransformer transformer;
    private final MaskUpscaler upscaler;
    private final List<Network> hypernetworks;
    private final Network iouHead;
    private final Optional<HqMaskHead> hq;

    /**
     * What the transformer made of B prompts.
     *
     * @param queries F32 [B, T, E], the tokens: IoU, masks, HQ if there is one, prompt
     * @param keys [B, N, E] of the compute type, the image stream
     * @param iou F32 [B, maskTokens]
     */
    record Attended(Tensor queries, Tensor keys, Tensor iou) {}

    /** The declared tensors. */
    record Declared(
            Weight iouToken,
            Weight maskTokens,
            TwoWayTransformer.Declared transformer,
            MaskUpscaler.Declared upscaler,
            List<List<LinearWeights>> hypernetworks,
            List<LinearWeights> iouHead,
            Optional<HqMaskHead.Declared> hq) {
        static Declared declare(SamLoader loader, SamConfig.Decoder sizes, boolean highQuality) {
            int width = sizes.width();
            List<List<LinearWeights>> hypernetworks = IntStream.range(0, sizes.maskTokens())
                    .mapToObj(token -> loader.network(
                            HYPERNETWORK.formatted(token),
                            SamConfig.Decoder.HYPERNETWORK_DEPTH,
                            width,
                            width,
                            sizes.filterWidth()))
                    .toList();
            return new Declared(
                    loader.tensor("mask_decoder.iou_token.weight", 1, width),
                    loader.tensor("mask_decoder.mask_tokens.weight", sizes.maskTokens(), width),
                    TwoWayTransformer.Declared.declare(loader, sizes),
                    MaskUpscaler.Declared.declare(
                            loader, "mask_decoder.output_upscaling", width, sizes.upscaledWidth(), sizes.filterWidth()),
                    hypernetworks,
                    loader.network(SamKeys.IOU_HEAD, sizes.iouDepth(), width, sizes.iouHidden(), sizes.maskTokens()),
                    highQuality ? Optional.of(HqMaskHead.Declared.declare(loader, sizes)) : Optional.empty());
        }
    }

    /** Prepares the decoder; {@code positions} F32 [1, N, E] is the positional encoding of the grid. */
    SamMaskDecoder(
            Backend b,
            ParameterScope scope,
            Declared declared,
            SamGrid grid,
            SamConfig.Decoder sizes,
            SamOptions options,
            Tensor positions) {
        this.grid = grid;
        this.sizes = sizes;
        this.compute = options.compute();
        this.outputTokens = outputTokens(declared);
        this.transformer = new TwoWayTransformer(b, scope, declared.transformer(), sizes, options, positions);
        this.upscaler = declared.upscaler().prepare(scope, compute);
        this.hypernetworks = declared.hypernetworks().stream()
                .map(network -> Network.prepare(scope, network))
                .toList();
        this.iouHead = Network.prepare(scope, declared.iouHead());
        this.hq = declared.hq().map(head -> head.prepare(scope, grid, compute));
    }

    private static float[] outputTokens(Declared declared) {
        List<float[]> parts = new ArrayList<>();
        parts.add(declared.iouToken().read().toFloats());
        parts.add(declared.maskTokens().read().toFloats());
        declared.hq().ifPresent(head -> parts.add(head.token().read().toFloats()));
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** The learned tokens that come before those of a prompt, [rows][E]. */
    float[] outputTokens() {
        return outputTokens;
    }

    TwoWayTransformer transformer() {
        return transformer;
    }

    /**
     * Runs the transformer and the IoU head.
     *
     * @param t0 F32 [B, T, E]
     * @param stream F32 [1 or B, N, E], the image stream
     * @param projected F32 [1 or B, N, 3 c], its projections for the first layer
     */
    Attended attend(Backend b, Workspace ws, Tensor t0, Tensor stream, Tensor projected, SamObserver observer) {
        long batch = t0.dim(0);
        Tensor queries = ws.allocate(DType.F32, t0.shape());
        Tensor keys = ws.allocate(compute, batch, grid.tokens(), sizes.width());
        Tensor iou = ws.allocate(DType.F32, batch, sizes.maskTokens());
        transformer.run(b, ws, t0, stream, projected, queries, keys, observer);
        observer.see("hs", queries);
        iouHead.apply(b, ws, queries.select(1, 0), iou);
        return new Attended(queries, keys, iou);
    }

    /** Channels-last picture of the image stream for the masks to be read off, [B, N * 16, E / 8] in quad order. */
    Tensor upscaled(Backend b, Workspace ws, Attended attended, SamObserver observer) {
        Tensor keys = attended.keys();
        Tensor upscaled = ws.allocate(compute, keys.dim(0), 16 * keys.dim(1), upscaler.channels());
        upscaler.apply(b, ws, keys, Activation.GELU, upscaled);
        if (observer != SamObserver.NONE) {
            observer.see("upscaled", planes(b, ws, upscaled, grid));
        }
        return upscaled;
    }

    /** Channel planes F32 [B, C, 4 gh, 4 gw] of [B, N * 16, C] in quad order. */
    static Tensor planes(Backend b, Workspace ws, Tensor quad, SamGrid grid) {
        Tensor planes = ws.allocate(DType.F32, quad.dim(0), quad.dim(2), 4L * grid.rows(), 4L * grid.columns());
        Upscaling.toPlanes(b, quad, grid, planes);
        return planes;
    }

    /** Filters of the chosen masks, F32 [B, M, E / 8]. */
    Tensor filters(Backend b, Workspace ws, Attended attended, MaskChoice choice, SamObserver observer) {
        Tensor queries = attended.queries();
        Tensor filters = ws.allocate(DType.F32, queries.dim(0), choice.count(), sizes.filterWidth());
        for (int token = choice.from(); token < choice.to(); token++) {
            hypernetworks
                    .get(token)
                    .apply(b, ws, queries.select(1, 1L + token), filters.select(1, (long) token - choice.from()));
        }
        observer.see("hyper", filters);
        return filters;
    }

    /**
     * The masks of plain SAM.
     *
     * @param out F32 [B, M, 4 gh, 4 gw]
     */
    void masks(Backend b, Workspace ws, Attended attended, MaskChoice choice, Tensor out, SamObserver observer) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor filters = filters(b, ws, attended, choice, observer);
            Tensor quad = ws.allocate(DType.F32, out.dim(0), out.dim(1), 16L * grid.tokens());
            try (Workspace.Frame _ = ws.frame()) {
                filter(b, ws, filters, upscaled(b, ws, attended, observer), quad);
            }
            Upscaling.toPixels(b, quad, grid, out);
        }
    }

    /**
     * The masks of HQ-SAM: its own, alone or with one of SAM's added to it.
     *
     * @param weights F32 [B, 1, M], 1 for the mask of SAM that is added and 0 for the others of {@code choice}; absent for the
     *     HQ mask alone
     * @param feature [1, N * 16, E / 8] of the compute type, the HQ feature in quad order
     * @param out F32 [B, 1, 4 gh, 4 gw]
     */
    void hqMasks(
            Backend b,
            Workspace ws,
            Attended attended,
            MaskChoice choice,
            Optional<Tensor> weights,
            Tensor feature,
            Tensor out,
            SamObserver observer) {
        HqMaskHead head = hq.orElseThrow();
        try (Workspace.Frame _ = ws.frame()) {
            Tensor upscaled = upscaled(b, ws, attended, observer);
            Tensor quad = ws.allocate(DType.F32, out.dim(0), 1, 16L * grid.tokens());
            Tensor hqFilter = head.filter(b, ws, attended.queries().select(1, 1L + sizes.maskTokens()));
            observer.see("hyper_hq", hqFilter);
            head.onFeature(b, ws, hqFilter, feature, quad);
            if (weights.isPresent()) {
                Tensor filters = filters(b, ws, attended, choice, SamObserver.NONE);
                Tensor chosen = ws.allocate(DType.F32, out.dim(0), 1, sizes.filterWidth());
                b.matmul(weights.get(), filters, 1, chosen);
                Tensor samMask = ws.allocate(DType.F32, quad.shape());
                filter(b, ws, chosen, upscaled, samMask);
                b.binary(BinaryOp.ADD, quad, samMask, quad);
            }
            Upscaling.toPixels(b, quad, grid, out);
            head.addOnMasks(b, ws, hqFilter, upscaled, out, observer);
        }
    }

    /** quad = filters times upscaled^T; F32 [B, M, E / 8], [B, N * 16, E / 8] and F32 [B, M, N * 16]. */
    private void filter(Backend b, Workspace ws, Tensor filters, Tensor upscaled, Tensor quad) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor operand = compute == DType.F32 ? filters : b.copy(ws, filters, compute);
            b.matmul(operand, upscaled.transpose(1, 2), 1, quad);
        }
    }
}
