package dev.earshot.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Telling tensors of the published files, by the names and sizes their authors gave them. */
final class ModelGuessTest {
    private final Map<String, Shape> shapes = new LinkedHashMap<>();

    @Test
    void imageBindHugeWithItsTrunks() {
        add("modality_trunks.vision.blocks.0.norm_1.weight", 1280);
        add("modality_trunks.vision.blocks.31.norm_1.weight", 1280);
        add("modality_trunks.audio.blocks.0.norm_1.weight", 768);
        add("modality_trunks.audio.blocks.11.norm_1.weight", 768);
        expect("ImageBind-Huge (audio 12 blocks of width 768, vision 32 blocks of width 1280)");
    }

    @Test
    void adaptersBesideASmallImageBind() {
        add("modality_trunks.vision.blocks.0.norm_1.weight", 48);
        add("adaav.5.mlp.latents", 4, 768);
        add("adaav.0.attn.latents", 4, 768);
        add("adaav.0.attn.down_v", 32, 1280);
        expect("ImageBind (vision 1 blocks of width 48) + AdaAV adapters (6, 4 latents, bottleneck 32)");
    }

    @Test
    void dinoOfBothFamiliesOfNames() {
        add("cls_token", 1, 1, 768);
        add("blocks.0.attn.qkv.weight", 2304, 768);
        add("patch_embed.proj.weight", 768, 3, 16, 16);
        expect("DINO vit_base_16 (original names)");
        shapes.clear();
        add("vit.embeddings.cls_token", 1, 1, 384);
        add("vit.embeddings.patch_embeddings.projection.weight", 384, 3, 8, 8);
        expect("DINO vit_small_8 (Hugging Face names)");
    }

    @Test
    void samAndItsSizes() {
        addSam("image_encoder.patch_embed.proj", "image_encoder.blocks.%d.", "norm1", 1280, 32);
        expect("SAM vit_h without its decoder (original names)");
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("SAM vit_h (original names)");
        add("mask_decoder.hf_token.weight", 1, 256);
        expect("HQ-SAM vit_h (original names)");
        shapes.clear();
        addSam("vision_encoder.patch_embed.projection", "vision_encoder.layers.%d.", "layer_norm1", 768, 12);
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("SAM vit_b (Hugging Face names)");
        add("mask_decoder.hq_token.weight", 1, 256);
        expect("HQ-SAM vit_b (Hugging Face names)");
        shapes.clear();
        addSam("image_encoder.patch_embed.proj", "image_encoder.blocks.%d.", "norm1", 768, 4);
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("SAM of width 768 and depth 4 (original names)");
    }

    @Test
    void relativesOfSamByTheirNames() {
        add("image_encoder.patch_embed.seq.0.c.weight", 32, 3, 3, 3);
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("MobileSAM, whose image encoder is a TinyViT");
        add("mask_decoder.hf_token.weight", 1, 256);
        expect("HQ-SAM vit_tiny, whose image encoder is a TinyViT");
        shapes.clear();
        add("image_encoder.trunk.patch_embed.proj.weight", 144, 3, 7, 7);
        add("sam_mask_decoder.iou_token.weight", 1, 256);
        expect("SAM 2 (original names), which is another network");
        shapes.clear();
        add("vision_encoder.backbone.patch_embed.projection.weight", 144, 3, 7, 7);
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("SAM 2 (Hugging Face names), which is another network");
        shapes.clear();
        add("image_encoder.backbone.input_stem.op_list.0.conv.weight", 16, 3, 3, 3);
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("a relative of SAM with another image encoder");
    }

    private void addSam(String patchEmbed, String blocks, String norm1, int width, int depth) {
        add(patchEmbed + ".weight", width, 3, 16, 16);
        for (int i = 0; i < depth; i++) {
            add(blocks.formatted(i) + norm1 + ".weight", width);
            add(blocks.formatted(i) + "attn.rel_pos_h", 27, 64);
        }
    }

    @Test
    void clipOfBothFamiliesOfNames() {
        add("visual.proj", 768, 512);
        add("visual.class_embedding", 768);
        add("visual.conv1.weight", 768, 3, 32, 32);
        expect("CLIP ViT-B/32 (original names)");
        shapes.clear();
        add("visual.attnpool.positional_embedding", 50, 2048);
        add("visual.layer1.0.conv1.weight", 64, 64, 1, 1);
        expect("CLIP ResNet of width 64 (original names)");
        shapes.clear();
        add("vision_model.embeddings.class_embedding", 1024);
        add("vision_model.embeddings.patch_embedding.weight", 1024, 3, 14, 14);
        expect("CLIP ViT-L/14 (Hugging Face names)");
    }

    @Test
    void namesWithoutTheShapesThatBelongToThemAreNoError() {
        add("modality_trunks.vision.blocks.99999999999.x", 1);
        expect("unknown");
        add("cls_token");
        add("blocks.0.attn.qkv.weight");
        expect("a ViT backbone with DINO's names, width 0, patch 0 (original names)");
    }

    private void add(String key, long... dims) {
        shapes.put(key, Shape.of(dims));
    }

    private void expect(String guess) {
        assertEquals(guess, ModelGuess.of(shapes));
    }
}
