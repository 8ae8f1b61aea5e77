package dev.earshot.models.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Tiny;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SamTest {
    private static final SamConfig PLAIN = SamCheckpoints.TINY;
    private static final SamConfig HIGH_QUALITY = new SamConfig(PLAIN.grid(), PLAIN.encoder(), PLAIN.decoder(), true);
    private static final HostTensor IMAGE =
            Tiny.input("image", 1, 3, PLAIN.grid().imageHeight(), PLAIN.grid().imageWidth());
    private static final SamPrompts PROMPTS = SamPrompts.ofPoints(new float[] {3, 4, 9, 2, 1, 15});

    private final Backend reference = new ReferenceBackend();

    @AfterEach
    void close() {
        reference.close();
    }

    private record Decoded(float[] logits, float[] iou) {}

    private Decoded decode(Weights file, SamConfig config, SamOptions options, boolean multimask) {
        List<Decoded> passes = new ArrayList<>();
        try (Sam sam = Sam.load(reference, file, config, options);
                SamEmbedding image = sam.embed(IMAGE)) {
            assertEquals(config.highQuality(), sam.isHighQuality());
            sam.decode(
                    image,
                    PROMPTS,
                    multimask,
                    (_, logits, iou) -> passes.add(new Decoded(reference.download(logits), iou)));
        }
        float[] logits =
                new float[passes.stream().mapToInt(each -> each.logits().length).sum()];
        float[] iou =
                new float[passes.stream().mapToInt(each -> each.iou().length).sum()];
        int at = 0;
        int atIou = 0;
        for (Decoded pass : passes) {
            System.arraycopy(pass.logits(), 0, logits, at, pass.logits().length);
            System.arraycopy(pass.iou(), 0, iou, atIou, pass.iou().length);
            at += pass.logits().length;
            atIou += pass.iou().length;
        }
        return new Decoded(logits, iou);
    }

    /** Figures of the published files. */
    @ParameterizedTest
    @CsvSource({
        "VIT_B, false, 314, 93735728",
        "VIT_L, false, 482, 312343088",
        "VIT_H, false, 594, 641090864",
        "VIT_B, true, 339, 94806832",
        "VIT_L, true, 507, 313676336",
        "VIT_H, true, 619, 642686256"
    })
    void modelsHaveThePublishedTensors(SamVariant variant, boolean highQuality, int tensors, long elements) {
        Weights filler = Sam.filler(variant.config(highQuality));
        assertEquals(tensors, filler.keys().size());
        assertEquals(
                elements,
                filler.keys().stream()
                        .mapToLong(key -> filler.shape(key).elements())
                        .sum());
    }

    @Test
    void highQualityGivesOneMaskAndTheIouOfTheSamMaskInIt() {
        Weights file = SamCheckpoints.file(HIGH_QUALITY);
        int pixels = 16 * PLAIN.grid().tokens();
        Decoded sum = decode(file, HIGH_QUALITY, SamOptions.DEFAULT, true);
        Decoded alone = decode(file, HIGH_QUALITY, SamOptions.DEFAULT.withHqTokenOnly(true), true);
        Decoded single = decode(file, HIGH_QUALITY, SamOptions.DEFAULT.withHqTokenOnly(true), false);
        assertEquals(PROMPTS.count() * pixels, sum.logits().length);
        assertEquals(PROMPTS.count(), sum.iou().length);
        assertArrayEquals(sum.iou(), alone.iou());
        assertArrayEquals(alone.logits(), single.logits()); // the HQ mask has one token
        float[][] masks = samMasks(file);
        for (int prompt = 0; prompt < PROMPTS.count(); prompt++) {
            int best = best(masks[PROMPTS.count()], prompt);
            assertEquals(masks[PROMPTS.count()][4 * prompt + best], sum.iou()[prompt]);
            for (int i = 0; i < pixels; i++) {
                float expected = alone.logits()[prompt * pixels + i] + masks[prompt][best * pixels + i];
                assertEquals(expected, sum.logits()[prompt * pixels + i], 1e-6f * (1 + Math.abs(expected)));
            }
        }
    }

    /** The masks of all four tokens by prompt, and in the end all predicted IoU [prompts, 4]. */
    private float[][] samMasks(Weights file) {
        float[][] results = new float[PROMPTS.count() + 1][];
        try (Sam sam = Sam.load(reference, file, HIGH_QUALITY, SamOptions.DEFAULT);
                SamEmbedding image = sam.embed(IMAGE)) {
            sam.decoder().observe(image, PROMPTS, (name, tensor) -> {
                if (name.equals("iou")) {
                    results[PROMPTS.count()] = reference.download(tensor);
                } else if (name.equals("masks")) {
                    float[] all = reference.download(tensor);
                    int each = all.length / PROMPTS.count();
                    for (int i = 0; i < PROMPTS.count(); i++) {
                        results[i] = Arrays.copyOfRange(all, i * each, (i + 1) * each);
                    }
                }
            });
        }
        return results;
    }

    /** Of tokens 1 to 3. */
    private static int best(float[] iou, int prompt) {
        int best = 1;
        for (int token = 2; token <= 3; token++) {
            best = iou[4 * prompt + token] > iou[4 * prompt + best] ? token : best;
        }
        return best;
    }

    @ParameterizedTest
    @CsvSource({"F32, true", "F32, false", "BF16, true"})
    void passOfHighQualityStaysWithinItsPlan(DType compute, boolean multimask) {
        SamOptions options = SamOptions.DEFAULT.withCompute(compute);
        try (Sam sam = Sam.load(reference, SamCheckpoints.file(HIGH_QUALITY), HIGH_QUALITY, options);
                SamEmbedding image = sam.embed(IMAGE)) {
            SamPrompts prompts = SamPrompts.ofPoints(new float[8]);
            sam.decode(image, prompts, multimask, (_, logits, _) -> assertEquals(4, logits.dim(0)));
            PassShape shape = PassShape.of(sam.decoder(), prompts, 4, multimask);
            long planned = new PassMemory(PLAIN.grid(), PLAIN.decoder(), options, true).bytes(shape);
            long held = sam.decoder().passBytes();
            assertTrue(held <= planned + 4096, "planned %d, took %d".formatted(planned, held));
        }
    }

    @Test
    void optionsChangeTheEpsilonAndAreChecked() {
        Weights file = SamCheckpoints.file(PLAIN);
        Decoded own = decode(file, PLAIN, SamOptions.DEFAULT, true);
        Decoded other = decode(file, PLAIN, SamOptions.DEFAULT.withDecoderEps(1e-1f), true);
        assertEquals(own.logits().length, other.logits().length);
        assertTrue(!Arrays.equals(own.logits(), other.logits()));
        assertThrows(IllegalArgumentException.class, () -> SamOptions.DEFAULT.withDecoderEps(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> SamOptions.DEFAULT.withPassBytes(0));
        assertThrows(IllegalArgumentException.class, () -> SamOptions.DEFAULT.withCompute(DType.F16));
    }

    @Test
    @SuppressWarnings("try") // closes in mid-flight
    void imagesOfOtherSizesAreRefusedAndTheModelGoesOn() {
        try (Sam sam = Sam.load(reference, SamCheckpoints.file(PLAIN), PLAIN, SamOptions.DEFAULT)) {
            for (long[] dims : new long[][] {{2, 3, 20, 12}, {1, 3, 12, 20}, {1, 1, 20, 12}, {3, 20, 12}}) {
                String message = assertThrows(
                                IllegalArgumentException.class, () -> sam.embed(Tiny.input("wrong", dims)))
                        .getMessage();
                assertTrue(message.contains("3, 20, 12]"), message);
            }
            sam.embed(IMAGE).close();
            sam.close();
            assertThrows(IllegalStateException.class, () -> sam.embed(IMAGE));
        }
    }
}
