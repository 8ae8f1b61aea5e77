package dev.earshot.models.sam;

import dev.earshot.tensor.DType;

/**
 * The memory that a pass takes, by the tensors that are alive together at its two peaks: in the transformer's second layer
 * and while masks are made.
 */
record PassMemory(SamGrid grid, SamConfig.Decoder sizes, SamOptions options, boolean highQuality) {
    /** Alignment of some dozens of tensors. */
    private static final long SLACK = 64L << 10;

    /** More prompts at once gain nothing anywhere. */
    private static final int MOST_PROMPTS = 256;

    /** The largest power of two, at most {@code wanted}, of prompts whose pass stays under the ceiling; at least 1. */
    int prompts(PassShape one, int wanted) {
        int batch = 1;
        while (2 * batch <= Math.min(wanted, MOST_PROMPTS) && bytes(of(one, 2 * batch)) <= options.passBytes()) {
            batch *= 2;
        }
        return batch;
    }

    private static PassShape of(PassShape shape, int batch) {
        boolean shared = shape.maskPrompts() == 1 && shape.batch() > 1;
        int maskPrompts = shape.maskPrompts() == 0 ? 0 : shared ? 1 : batch;
        return new PassShape(batch, shape.tokens(), maskPrompts, shape.multimask());
    }

    /** Bytes of a pass, inputs and results included. */
    long bytes(PassShape shape) {
        long cells = grid.tokens();
        long half = options.compute().bytes();
        long maskPrompt = 4 * cells * (16 + sizes.width() + 3L * sizes.crossWidth());
        long maskTemporaries = Math.max(
                16 * cells * sizes.maskChannels(), options.compute() == DType.F32 ? 0 : half * cells * sizes.width());
        long kept = 2 * 4L * shape.tokens() * sizes.width() + half * cells * sizes.width();
        return SLACK
                + shape.maskPrompts() * (maskPrompt + maskTemporaries)
                + shape.batch() * (kept + Math.max(attending(shape), rendering(shape)));
    }

    /** Temporaries of a prompt in the second layer: streams, projections, and what the image takes from the tokens. */
    private long attending(PassShape shape) {
        long cells = grid.tokens();
        long half = options.compute().bytes();
        long streams = 4L * (sizes.depth() - 1) * cells * sizes.width();
        long operand = options.compute() == DType.F32 ? 0 : half * cells * sizes.width();
        long projected = 4L * 3 * cells * sizes.crossWidth();
        long image = cells * (half * sizes.crossWidth() + 4L * sizes.width());
        long tokens = 4L * shape.tokens() * (6L * sizes.width() + sizes.mlpWidth());
        return streams + operand + projected + image + tokens;
    }

    /** Temporaries and result of a prompt while its masks are made. */
    private long rendering(PassShape shape) {
        long pixels = 16L * grid.tokens();
        long half = options.compute().bytes();
        long narrow = pixels * sizes.filterWidth();
        long wide = pixels * sizes.upscaledWidth();
        long upscaling = half * narrow + (half + 4) * (wide / 4);
        if (!highQuality) {
            int masks = MaskChoice.of(shape.multimask(), sizes).count();
            return 2 * 4L * masks * (pixels + sizes.filterWidth()) + upscaling + half * masks * sizes.filterWidth();
        }
        long convolutions = half * narrow + half * wide + Math.max(half * narrow, 2 * 4 * wide);
        return 4 * 4 * pixels + half * narrow + Math.max(convolutions, upscaling) + 4L * 8 * sizes.filterWidth();
    }
}
