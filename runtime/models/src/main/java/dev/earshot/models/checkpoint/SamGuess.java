package dev.earshot.models.checkpoint;

import dev.earshot.tensor.Shape;
import java.util.Map;

/**
 * Tells Segment Anything and its relatives apart, by names and shapes. The relatives are named because their files are
 * easily taken for it; most have its decoder and another image encoder.
 */
final class SamGuess {
    private static final String DECODER = "mask_decoder.iou_token.weight";

    private final Map<String, Shape> shapes;

    private SamGuess(Map<String, Shape> shapes) {
        this.shapes = shapes;
    }

    /** For example {@code HQ-SAM vit_b (original names)}; empty if it is none of the family. */
    static String of(Map<String, Shape> shapes) {
        return new SamGuess(shapes).guess();
    }

    private String guess() {
        if (has("image_encoder.blocks.0.attn.rel_pos_h")) {
            return sam(
                    "image_encoder.patch_embed.proj.weight", "image_encoder.blocks.%d.norm1.weight", "original names");
        }
        if (has("vision_encoder.layers.0.attn.rel_pos_h")) {
            return sam(
                    "vision_encoder.patch_embed.projection.weight",
                    "vision_encoder.layers.%d.layer_norm1.weight",
                    "Hugging Face names");
        }
        if (has("image_encoder.trunk.patch_embed.proj.weight") || has("sam_mask_decoder.iou_token.weight")) {
            return "SAM 2 (original names), which is another network";
        }
        if (has("vision_encoder.backbone.patch_embed.projection.weight")) {
            return "SAM 2 (Hugging Face names), which is another network";
        }
        if (has("image_encoder.patch_embed.seq.0.c.weight")) {
            return isHighQuality()
                    ? "HQ-SAM vit_tiny, whose image encoder is a TinyViT"
                    : "MobileSAM, whose image encoder is a TinyViT";
        }
        return has(DECODER) ? "a relative of SAM with another image encoder" : "";
    }

    private String sam(String patchKey, String blocks, String layout) {
        String family = isHighQuality() ? "HQ-SAM" : "SAM";
        String part = has(DECODER) ? "" : " without its decoder";
        return "%s %s%s (%s)".formatted(family, size(patchKey, blocks), part, layout);
    }

    private String size(String patchKey, String blocks) {
        long width = shapes.get(patchKey) == null ? 0 : shapes.get(patchKey).dim(0);
        int depth = 0;
        while (has(blocks.formatted(depth))) {
            depth++;
        }
        if (width == 768 && depth == 12) {
            return "vit_b";
        }
        if (width == 1024 && depth == 24) {
            return "vit_l";
        }
        return width == 1280 && depth == 32 ? "vit_h" : "of width %d and depth %d".formatted(width, depth);
    }

    private boolean isHighQuality() {
        return has("mask_decoder.hf_token.weight") || has("mask_decoder.hq_token.weight");
    }

    private boolean has(String key) {
        return shapes.containsKey(key);
    }
}
