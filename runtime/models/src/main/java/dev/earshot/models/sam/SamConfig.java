package dev.earshot.models.sam;

import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.Arrays;
import java.util.List;

/**
 * All sizes of a SAM model.
 *
 * @param grid the frame in patches, the same for encoder and decoder
 * @param highQuality true for HQ-SAM: one mask token more, and features of the encoder's first global block
 */
public record SamConfig(SamGrid grid, Encoder encoder, Decoder decoder, boolean highQuality) {
    /** Eps of every layer norm but those of the mask decoder's transformer; see {@link SamOptions#DECODER_EPS}. */
    public static final float LAYER_NORM_EPS = 1e-6f;

    /** Checks that encoder and decoder fit together. */
    public SamConfig {
        if (encoder.outputWidth() != decoder.width()) {
            throw new IllegalArgumentException(
                    "SAM: expected one embedding width, got %d of the encoder and %d of the decoder"
                            .formatted(encoder.outputWidth(), decoder.width()));
        }
        if (highQuality && encoder.globalBlocks().isEmpty()) {
            throw new IllegalArgumentException("HQ-SAM: expected an encoder with a global block, got none");
        }
    }

    /**
     * Sizes of the image encoder.
     *
     * @param width channels D of the residual stream
     * @param depth number of blocks
     * @param heads attention heads
     * @param mlpWidth hidden channels of the MLP, 4 D
     * @param window side of the windows in blocks that are not global; any number if all are
     * @param globalBlocks blocks (from 0) whose attention spans the whole grid, ascending
     * @param outputWidth channels E of the embedding
     */
    public record Encoder(
            int width, int depth, int heads, int mlpWidth, int window, List<Integer> globalBlocks, int outputWidth) {
        /** Checks the numbers and copies the list. */
        public Encoder {
            requirePositive("encoder", width, depth, heads, mlpWidth, window, outputWidth);
            requireHeads("encoder", width, heads);
            globalBlocks = globalBlocks.stream().sorted().distinct().toList();
            for (int block : globalBlocks) {
                if (block < 0 || block >= depth) {
                    throw new IllegalArgumentException(
                            "SAM's encoder: expected global blocks from 0 to %d, got %d".formatted(depth - 1, block));
                }
            }
        }

        /** Channels of one head, hd. */
        public int headDim() {
            return width / heads;
        }

        /** True if the attention of a block spans the whole grid. */
        public boolean isGlobal(int block) {
            return globalBlocks.contains(block);
        }

        /** The first blocks alone. */
        public Encoder withDepth(int blocks) {
            List<Integer> global =
                    globalBlocks.stream().filter(block -> block < blocks).toList();
            return new Encoder(width, blocks, heads, mlpWidth, window, global, outputWidth);
        }
    }

    /**
     * Sizes of the prompt encoder and the mask decoder.
     *
     * @param width channels E of tokens and image embedding, 256; a multiple of 8
     * @param maskChannels channels before the last convolution of a mask prompt, 16; a multiple of 4
     * @param depth layers of the two-way transformer, 2
     * @param heads its attention heads, 8
     * @param mlpWidth hidden channels of its MLPs, 2048
     * @param downsample by how much attention between tokens and image is narrower than E, 2
     * @param iouHidden hidden channels of the IoU head, 256
     * @param iouDepth linear layers of the IoU head, 3
     * @param multimaskOutputs masks of an ambiguous prompt, 3; there is one mask token more
     */
    public record Decoder(
            int width,
            int maskChannels,
            int depth,
            int heads,
            int mlpWidth,
            int downsample,
            int iouHidden,
            int iouDepth,
            int multimaskOutputs) {
        /** Linear layers of the networks that turn a mask token into a filter. */
        public static final int HYPERNETWORK_DEPTH = 3;

        /** Checks the numbers. */
        public Decoder {
            requirePositive(
                    "decoder",
                    width,
                    maskChannels,
                    depth,
                    heads,
                    mlpWidth,
                    downsample,
                    iouHidden,
                    iouDepth,
                    multimaskOutputs);
            requireHeads("decoder", width, heads);
            if (width % 8 != 0 || maskChannels % 4 != 0) {
                throw new IllegalArgumentException(
                        "SAM's decoder: expected a width that is a multiple of 8 and mask channels that are one of 4, got %d and %d"
                                .formatted(width, maskChannels));
            }
            if (width % downsample != 0) {
                throw new IllegalArgumentException(
                        "SAM's decoder: width %d is not a multiple of downsample %d".formatted(width, downsample));
            }
            requireHeads("decoder's cross attention", width / downsample, heads);
        }

        /** Mask tokens: the one for unambiguous prompts and those for ambiguous ones. */
        public int maskTokens() {
            return multimaskOutputs + 1;
        }

        /** Channels inside the attention between tokens and image. */
        public int crossWidth() {
            return width / downsample;
        }

        /** Channels after the first step of upscaling, E / 4. */
        public int upscaledWidth() {
            return width / 4;
        }

        /** Channels that the masks' filters act on, E / 8. */
        public int filterWidth() {
            return width / 8;
        }
    }

    /**
     * The sizes of a checkpoint under either family of names, read off its shapes. Heads of the decoder's transformer are
     * not in the shapes: they come from the file's metadata ({@code earshot.sam_decoder_heads}), or else are 8 as published.
     */
    public static SamConfig of(Weights weights) {
        return SamLayout.config(weights);
    }

    /**
     * As {@link #of(Weights)}, for a caller that wants SAM or HQ-SAM. A file of HQ-SAM serves as SAM too, whose tensors are
     * all in it; what is left over is named in the log when the model is loaded.
     *
     * @throws WeightsException if HQ-SAM is wanted and the file is SAM
     */
    public static SamConfig of(Weights weights, boolean highQuality) {
        SamConfig config = of(weights);
        if (highQuality && !config.highQuality) {
            throw WeightsException.of(
                    weights.source(),
                    "weights",
                    "HQ-SAM",
                    SamVariant.describe(config),
                    SamVariant.of(config)
                            .map(variant -> "give %s, converted to safetensors, or ask for SAM"
                                    .formatted(variant.fileName(true)))
                            .orElse("give a file of HQ-SAM, or ask for SAM"));
        }
        return new SamConfig(config.grid, config.encoder, config.decoder, highQuality);
    }

    private static void requirePositive(String part, int... sizes) {
        for (int size : sizes) {
            if (size <= 0) {
                throw new IllegalArgumentException(
                        "SAM's %s: expected positive sizes, got %s".formatted(part, Arrays.toString(sizes)));
            }
        }
    }

    private static void requireHeads(String part, int width, int heads) {
        if (width % heads != 0) {
            throw new IllegalArgumentException(
                    "SAM's %s: width %d is not a multiple of heads %d".formatted(part, width, heads));
        }
    }
}
