package dev.earshot.models.sam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.Tiny;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes and names of published files, and what is said about files that are none. */
final class SamConfigTest {
    private static final Map<String, String> TWO_HEADS = Map.of("earshot.sam_decoder_heads", "2");

    private static Weights huggingFace(SamConfig config) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        SamCheckpoints.original(config).forEach((key, shape) -> shapes.put(SamCheckpoints.huggingFace(key), shape));
        return new Filler("hf.safetensors", shapes, Map.of());
    }

    private static Weights with(Weights weights, String key, long... dims) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        weights.keys().forEach(each -> shapes.put(each, weights.shape(each)));
        shapes.put(key, Shape.of(dims));
        return new Filler("changed.safetensors", shapes, Map.of());
    }

    private static Weights without(Weights weights, String prefix) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        weights.keys().stream()
                .filter(each -> !each.startsWith(prefix))
                .forEach(each -> shapes.put(each, weights.shape(each)));
        return new Filler("cut.safetensors", shapes, Map.of());
    }

    private static String refusal(Weights weights) {
        return assertThrows(WeightsException.class, () -> SamConfig.of(weights)).getMessage();
    }

    private static void assertContains(String text, String part) {
        assertTrue(text.contains(part), text);
    }

    /** Numbers of the published files. */
    @ParameterizedTest
    @CsvSource({
        "VIT_B, false, 314, 93735728",
        "VIT_L, false, 482, 312343088",
        "VIT_H, false, 594, 641090864",
        "VIT_B, true, 339, 94806832",
        "VIT_L, true, 507, 313676336",
        "VIT_H, true, 619, 642686256"
    })
    void variantsHaveThePublishedSizesUnderBothFamiliesOfNames(
            SamVariant variant, boolean highQuality, int tensors, long parameters) {
        SamConfig config = variant.config(highQuality);
        Weights file = SamCheckpoints.file(config);
        assertEquals(tensors, file.keys().size());
        assertEquals(
                parameters,
                file.keys().stream()
                        .mapToLong(key -> file.shape(key).elements())
                        .sum());
        assertEquals(config, SamConfig.of(file));
        assertEquals(config, SamConfig.of(huggingFace(config)));
        assertEquals(config, variant.require(file, highQuality));
        assertEquals(Optional.of(variant), SamVariant.of(config));
    }

    @Test
    void everyNameIsThatOfThePublishedTables() {
        SamConfig config = SamVariant.VIT_B.config(true);
        for (String key : SamCheckpoints.original(config).keySet()) {
            if (!key.contains("mlps") && !key.contains("hf_mlp") && !key.contains("iou_prediction_head")) {
                assertEquals(SamCheckpoints.huggingFace(key), SamKeys.HUGGING_FACE.of(key));
            }
            assertEquals(key, SamKeys.ORIGINAL.of(key));
        }
        for (int layer = 0; layer < 3; layer++) {
            String key = "mask_decoder.output_hypernetworks_mlps.2.layers." + layer + ".bias";
            String network = "mask_decoder.output_hypernetworks_mlps.2";
            assertEquals(SamCheckpoints.huggingFace(key), SamKeys.HUGGING_FACE.layer(network, layer, 3) + ".bias");
            assertEquals(key, SamKeys.ORIGINAL.layer(network, layer, 3) + ".bias");
        }
        assertEquals("mask_decoder.hq_mask_mlp.proj_in", SamKeys.HUGGING_FACE.layer("mask_decoder.hf_mlp", 0, 3));
    }

    @Test
    void sizesOfASmallModelComeFromItsShapesAndItsDecoderHeadsFromTheMetadata() {
        Weights file = SamCheckpoints.file(SamCheckpoints.TINY);
        assertEquals(SamCheckpoints.TINY, SamConfig.of(Tiny.withMetadata(file, TWO_HEADS)));
        assertEquals(SamCheckpoints.TINY, SamConfig.of(Tiny.withMetadata(huggingFace(SamCheckpoints.TINY), TWO_HEADS)));
        assertEquals(8, SamConfig.of(file).decoder().heads()); // as published, where nothing is stated
        String notDividing = refusal(Tiny.withMetadata(file, Map.of("earshot.sam_decoder_heads", "3")));
        assertContains(notDividing, "width 16 is not a multiple of heads 3");
        String message = refusal(Tiny.withMetadata(file, Map.of("earshot.sam_decoder_heads", "many")));
        assertContains(message, "earshot.sam_decoder_heads");
    }

    @Test
    void aGridNoLargerThanTheWindowsHasGlobalBlocksOnly() {
        SamConfig config = new SamConfig(
                new SamGrid(4, 4, 4),
                new SamConfig.Encoder(24, 2, 3, 40, 4, List.of(0, 1), 16),
                SamCheckpoints.TINY.decoder(),
                false);
        assertEquals(config, SamConfig.of(Tiny.withMetadata(SamCheckpoints.file(config), TWO_HEADS)));
    }

    @Test
    void aFileOfHqSamServesAsSamAndNotTheOtherWayRound() {
        SamConfig sam = SamVariant.VIT_B.config(false);
        SamConfig hq = SamVariant.VIT_B.config(true);
        assertEquals(sam, SamConfig.of(SamCheckpoints.file(hq), false));
        assertEquals(hq, SamConfig.of(SamCheckpoints.file(hq), true));
        String message = assertThrows(WeightsException.class, () -> SamConfig.of(SamCheckpoints.file(sam), true))
                .getMessage();
        assertEquals(
                "sam.safetensors: weights: expected HQ-SAM, got SAM vit_b — give sam_hq_vit_b.pth, converted to safetensors,"
                        + " or ask for SAM",
                message);
    }

    @Test
    void anotherVariantThanTheOneAskedForIsNamed() {
        Weights file = SamCheckpoints.file(SamVariant.VIT_L.config(false));
        String message = assertThrows(WeightsException.class, () -> SamVariant.VIT_H.require(file, false))
                .getMessage();
        assertEquals(
                "sam.safetensors: weights: expected SAM vit_h, got SAM vit_l — give sam_vit_h_4b8939.pth, converted to"
                        + " safetensors",
                message);
        Weights small = Tiny.withMetadata(SamCheckpoints.file(SamCheckpoints.TINY), TWO_HEADS);
        assertContains(
                assertThrows(WeightsException.class, () -> SamVariant.VIT_B.require(small, false))
                        .getMessage(),
                "expected SAM vit_b, got SAM of width 24 and depth 3");
    }

    @Test
    void filesOfOtherModelsAreNamed() {
        assertContains(
                refusal(Dino.filler(DinoVariant.VIT_SMALL_8.config(DinoKeyForm.ORIGINAL), DinoKeyForm.ORIGINAL)),
                "this looks like DINO vit_small_8");
        assertContains(refusal(ImageBind.filler(Tiny.IMAGEBIND)), "this looks like ImageBind");
        assertContains(refusal(Weights.of("nothing", Map.of())), "give sam_vit_b_01ec64.pth, converted to safetensors");
    }

    @Test
    void relativesOfSamAreRefusedByName() {
        Weights decoder = without(SamCheckpoints.file(SamCheckpoints.TINY), "image_encoder.");
        assertContains(
                refusal(with(decoder, "image_encoder.patch_embed.seq.0.c.weight", 32, 3, 3, 3)),
                "this looks like MobileSAM");
        Weights tiny = with(decoder, "image_encoder.patch_embed.seq.0.c.weight", 32, 3, 3, 3);
        assertContains(refusal(with(tiny, "mask_decoder.hf_token.weight", 1, 16)), "this looks like HQ-SAM vit_tiny");
        assertContains(
                refusal(with(
                        Weights.of("sam2", Map.of()), "image_encoder.trunk.patch_embed.proj.weight", 144, 3, 7, 7)),
                "this looks like SAM 2");
        assertContains(
                refusal(with(decoder, "vision_encoder.backbone.patch_embed.projection.weight", 144, 3, 7, 7)),
                "this looks like SAM 2");
        assertContains(
                refusal(without(SamCheckpoints.file(SamVariant.VIT_B.config(false)), "mask_decoder.")),
                "this looks like SAM vit_b without its decoder");
    }

    @Test
    void shapesOfNoModelAreAnErrorAboutTheFile() {
        Weights file = SamCheckpoints.file(SamCheckpoints.TINY);
        assertContains(refusal(with(file, "image_encoder.blocks.2.attn.rel_pos_w", 9, 8)), "windows of [2, 5]");
        assertContains(
                refusal(with(file, "image_encoder.blocks.0.attn.rel_pos_h", 3, 7)), "not a multiple of the tables'");
        assertContains(refusal(with(file, "image_encoder.pos_embed", 15, 24)), "4 axes");
        assertContains(refusal(with(file, "mask_decoder.mask_tokens.weight", 1, 16)), "positive sizes");
    }

    @Test
    void configurationsThatCannotBeAreRefused() {
        SamConfig tiny = SamCheckpoints.TINY;
        SamConfig.Decoder wide = SamVariant.VIT_B.config(false).decoder();
        assertThrows(IllegalArgumentException.class, () -> new SamConfig(tiny.grid(), tiny.encoder(), wide, false));
        assertThrows(IllegalArgumentException.class, () -> new SamGrid(0, 3, 4));
        assertThrows(IllegalArgumentException.class, () -> new SamConfig.Encoder(24, 3, 5, 40, 2, List.of(1), 16));
        assertThrows(IllegalArgumentException.class, () -> new SamConfig.Encoder(24, 3, 3, 40, 2, List.of(3), 16));
        assertThrows(IllegalArgumentException.class, () -> new SamConfig.Decoder(12, 8, 2, 2, 20, 2, 12, 3, 3));
        SamConfig.Encoder windowed = new SamConfig.Encoder(24, 3, 3, 40, 2, List.of(), 16);
        assertThrows(IllegalArgumentException.class, () -> new SamConfig(tiny.grid(), windowed, tiny.decoder(), true));
        assertFalse(SamVariant.of(tiny).isPresent());
    }
}
