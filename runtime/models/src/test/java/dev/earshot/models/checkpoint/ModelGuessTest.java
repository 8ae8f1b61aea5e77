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
        add("image_encoder.patch_embed.proj.weight", 1280, 3, 16, 16);
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("SAM vit_h (original names)");
        add("mask_decoder.hf_token.weight", 1, 256);
        expect("HQ-SAM vit_h (original names)");
        shapes.clear();
        add("vision_encoder.patch_embed.projection.weight", 768, 3, 16, 16);
        add("mask_decoder.iou_token.weight", 1, 256);
        expect("SAM vit_b (Hugging Face names)");
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
