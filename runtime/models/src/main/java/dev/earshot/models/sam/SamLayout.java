package dev.earshot.models.sam;

import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.models.internal.CheckpointShapes;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** What a checkpoint's names and shapes say about the model in it. */
final class SamLayout {
    /** Metadata entry for what no shape tells. */
    private static final String DECODER_HEADS = "earshot.sam_decoder_heads";

    private static final int PUBLISHED_DECODER_HEADS = 8;

    private final Weights weights;
    private final SamKeys keys;
    private final CheckpointShapes shapes;

    private SamLayout(Weights weights) {
        this.weights = weights;
        this.keys = keys(weights);
        this.shapes = new CheckpointShapes(weights);
        if (!has(SamKeys.PATCH_EMBED + ".weight")) {
            throw refused(weights, "an image encoder of another kind, or none");
        }
    }

    /** Which names a file with encoder, decoder or both uses; an error that says what it looks like if it has neither. */
    static SamKeys keys(Weights weights) {
        for (SamKeys keys : SamKeys.values()) {
            if (weights.contains(keys.of(SamKeys.PATCH_EMBED) + ".weight")
                    || weights.contains(keys.of(SamKeys.POINT_EMBEDDING) + ".weight")) {
                return keys;
            }
        }
        throw refused(weights, "neither");
    }

    private static WeightsException refused(Weights weights, String got) {
        String guess = CheckpointGuess.describe(weights);
        return WeightsException.of(
                weights.source(),
                "weights",
                "a SAM checkpoint under the authors' or Hugging Face's names (\"image_encoder.*\" or \"vision_encoder.*\")",
                got,
                guess.isEmpty()
                        ? "give %s, converted to safetensors, or another SAM file"
                                .formatted(SamVariant.VIT_B.fileName(false))
                        : "this looks like " + guess);
    }

    /** Sizes of the model in a file. */
    static SamConfig config(Weights weights) {
        SamLayout layout = new SamLayout(weights);
        return layout.shapes.derive("SAM", () -> {
            SamGrid grid = layout.grid();
            return new SamConfig(
                    grid, layout.encoder(grid), layout.decoder(), layout.has("mask_decoder.hf_token.weight"));
        });
    }

    private boolean has(String original) {
        return weights.contains(keys.of(original));
    }

    private int dim(String original, int rank, int axis) {
        return shapes.dim(keys.of(original), rank, axis);
    }

    /** How many modules there are: {@code original} has {@code %d} for their number, from 0. */
    private int count(String original) {
        int count = 0;
        while (has(original.formatted(count))) {
            count++;
        }
        return count;
    }

    private SamGrid grid() {
        String positions = "image_encoder.pos_embed"; // [1, gh, gw, D]
        return new SamGrid(dim(positions, 4, 1), dim(positions, 4, 2), dim(SamKeys.PATCH_EMBED + ".weight", 4, -1));
    }

    /**
     * Blocks whose tables have an entry for every distance in the grid are global, the others have windows with a table
     * entry for every distance in a window. A grid as small as a window has global blocks only, which is the same thing.
     */
    private SamConfig.Encoder encoder(SamGrid grid) {
        int width = dim(SamKeys.PATCH_EMBED + ".weight", 4, 0);
        int depth = count("image_encoder.blocks.%d.norm1.weight");
        TreeSet<Integer> windows = new TreeSet<>();
        List<Integer> global = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            int rows = dim("image_encoder.blocks.%d.attn.rel_pos_h".formatted(i), 2, 0);
            int columns = dim("image_encoder.blocks.%d.attn.rel_pos_w".formatted(i), 2, 0);
            if (rows == 2L * grid.rows() - 1 && columns == 2L * grid.columns() - 1) {
                global.add(i);
            } else {
                windows.add((rows + 1) / 2);
                windows.add((columns + 1) / 2);
            }
        }
        if (windows.size() > 1) {
            throw new IllegalArgumentException(
                    "relative position tables for one size of window besides the grid's %d x %d, got them for windows of %s — give the configuration"
                            .formatted(grid.rows(), grid.columns(), windows));
        }
        int headDim = dim("image_encoder.blocks.0.attn.rel_pos_h", 2, 1);
        if (headDim == 0 || width % headDim != 0) {
            throw new IllegalArgumentException(
                    "width %d is not a multiple of the tables' width %d".formatted(width, headDim));
        }
        return new SamConfig.Encoder(
                width,
                depth,
                width / headDim,
                dim("image_encoder.blocks.0.mlp.lin1.weight", 2, 0),
                windows.isEmpty() ? Math.max(grid.rows(), grid.columns()) : windows.first(),
                global,
                dim("image_encoder.neck.0.weight", 4, 0));
    }

    private SamConfig.Decoder decoder() {
        if (!has("mask_decoder.iou_token.weight")) {
            throw refused(weights, "no mask decoder");
        }
        String layer = "mask_decoder.transformer.layers.0.";
        int width = dim("mask_decoder.iou_token.weight", 2, 1);
        int crossWidth = dim(layer + "cross_attn_token_to_image.q_proj.weight", 2, 0);
        if (crossWidth == 0 || width % crossWidth != 0) {
            throw new IllegalArgumentException(
                    "width %d is not a multiple of the cross attention's %d".formatted(width, crossWidth));
        }
        return new SamConfig.Decoder(
                width,
                dim("prompt_encoder.mask_downscaling.3.weight", 4, 0),
                count("mask_decoder.transformer.layers.%d.norm1.weight"),
                decoderHeads(),
                dim(layer + "mlp.lin1.weight", 2, 0),
                width / crossWidth,
                shapes.dim(keys.layer(SamKeys.IOU_HEAD, 0, 2) + ".weight", 2, 0),
                iouDepth(),
                dim("mask_decoder.mask_tokens.weight", 2, 0) - 1);
    }

    private int iouDepth() {
        return switch (keys) {
            case ORIGINAL -> count(SamKeys.IOU_HEAD + ".layers.%d.weight");
            case HUGGING_FACE -> count(SamKeys.IOU_HEAD + ".layers.%d.weight") + 2;
        };
    }

    private int decoderHeads() {
        String stated = weights.metadata().get(DECODER_HEADS);
        if (stated == null) {
            return PUBLISHED_DECODER_HEADS;
        }
        if (!stated.matches("[1-9][0-9]{0,3}")) {
            throw WeightsException.of(
                    weights.source(), "metadata " + DECODER_HEADS, "a number of heads", WeightsException.quote(stated));
        }
        return Integer.parseInt(stated);
    }

    /** Sizes of a tensor in this file, or {@code otherwise} if it is not there. */
    static Shape shape(Weights weights, String key, Shape otherwise) {
        return weights.contains(key) ? weights.shape(key) : otherwise;
    }
}
