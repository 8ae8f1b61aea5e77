package dev.earshot.tools.demoworld;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.sam.MaskPrediction;
import dev.earshot.segmentation.sam.PredictionOptions;
import dev.earshot.segmentation.sam.SamPredictor;
import dev.earshot.segmentation.sam.SamPrompt;
import dev.earshot.segmentation.sam.SamTransform;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The shipped SAM-form weights: what they are, the same numbers as in PyTorch, and whether they find objects. */
class SamDemoWeightsTest {
    private static final DemoWorld UNSEEN = new DemoWorld(Split.TEST, 0, 224, null);

    private static Weights resource(String path) throws IOException {
        try (InputStream in = SamDemoWeightsTest.class.getResourceAsStream(path)) {
            return Safetensors.parse(in.readAllBytes(), path);
        }
    }

    private static Weights shipped() throws IOException {
        return resource("/dev/earshot/tools/demo/sam-demo.safetensors");
    }

    private static RgbImage picture(SceneRenderer.Frame frame) {
        return new RgbImage(224, 224, frame.rgb());
    }

    @Test
    void fileTellsItsSizesAndWhatItIs() throws IOException {
        try (Weights weights = shipped()) {
            SamConfig config = SamConfig.of(weights);
            assertEquals(new SamConfig.Encoder(128, 4, 4, 512, 8, List.of(1, 3), 64), config.encoder());
            assertEquals(new SamConfig.Decoder(64, 16, 2, 8, 256, 2, 64, 3, 3), config.decoder());
            assertEquals("true", weights.metadata().get("earshot.demo"));
            assertTrue(weights.metadata().get("earshot.supervision").contains("masks of all objects"));
        }
    }

    /** The case holds four masks for each of: a point and its padding, a box, a point on the background. */
    @Test
    void masksOfAPictureAreThoseOfPyTorch() throws IOException {
        RgbImage frame = picture(UNSEEN.clip(DemoWorld.Layout.S4, 0).frameOfSecond(0));
        try (Backend backend = Backends.open("auto");
                Weights weights = shipped();
                Weights golden = resource("sam-demo-case.safetensors");
                Sam sam = Sam.load(backend, weights, SamOptions.DEFAULT);
                SamEmbedding image = sam.embed(new SamTransform(256).apply(frame))) {
            float[] tokens = golden.read("prompts.points").toFloats(); // [3, 2, 2]
            SamPrompts[] prompts = {
                SamPrompts.ofPoints(Arrays.copyOfRange(tokens, 0, 2)),
                SamPrompts.ofBoxes(Arrays.copyOfRange(tokens, 4, 8)),
                SamPrompts.ofPoints(Arrays.copyOfRange(tokens, 8, 10))
            };
            float[] logits = golden.read("expected.logits").toFloats(); // [3, 4, 64, 64]
            float[] iou = golden.read("expected.iou").toFloats(); // [3, 4]
            for (int i = 0; i < prompts.length; i++) {
                compare(backend, sam, image, prompts[i], false, logits, iou, 4 * i);
                compare(backend, sam, image, prompts[i], true, logits, iou, 4 * i + 1);
            }
        }
    }

    private static void compare(
            Backend backend,
            Sam sam,
            SamEmbedding image,
            SamPrompts prompt,
            boolean multimask,
            float[] logits,
            float[] iou,
            int first) {
        int masks = multimask ? 3 : 1;
        sam.decode(image, prompt, multimask, (_, actual, quality) -> {
            float[] expected = Arrays.copyOfRange(logits, 4096 * first, 4096 * (first + masks));
            // Logits reach some hundreds, so fp32 sums in another order differ by some thousandths.
            assertArrayEquals(expected, backend.download(actual), 2e-2f);
            assertArrayEquals(Arrays.copyOfRange(iou, first, first + masks), quality, 1e-4f);
        });
    }

    /** A check that network, transform and masks fit together, not a measurement: twelve unseen pictures. */
    @Test
    void boxesOfUnseenObjectsGiveTheirMasks() throws IOException {
        double sum = 0;
        int objects = 0;
        try (Backend backend = Backends.open("auto");
                Weights weights = shipped();
                Sam sam = Sam.load(backend, weights, SamOptions.DEFAULT);
                SamPredictor predictor = new SamPredictor(backend, sam)) {
            for (int i = 0; i < 12; i++) {
                SceneRenderer.Frame frame = UNSEEN.clip(DemoWorld.Layout.MS3, i).frameOfSecond(0);
                predictor.setImage(picture(frame));
                for (int number = 1; number <= 3; number++) {
                    int[] box = box(frame.labels(), number);
                    if (box[2] >= box[0]) {
                        SamPrompt prompt = SamPrompt.box(box[0], box[1], box[2], box[3]);
                        MaskPrediction best = predictor
                                .predict(prompt, PredictionOptions.SINGLE)
                                .getFirst();
                        sum += best.mask().iou(maskOf(frame.labels(), number));
                        objects++;
                    }
                }
            }
        }
        assertTrue(objects > 24 && sum / objects > 0.75, "mean IoU %f of %d objects".formatted(sum / objects, objects));
    }

    private static BinaryMask maskOf(byte[] labels, int number) {
        byte[] pixels = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            pixels[i] = (byte) (labels[i] == number ? 1 : 0);
        }
        return BinaryMask.of(224, 224, pixels);
    }

    private static int[] box(byte[] labels, int number) {
        int[] box = {224, 224, -1, -1};
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == number) {
                box[0] = Math.min(box[0], i % 224);
                box[1] = Math.min(box[1], i / 224);
                box[2] = Math.max(box[2], i % 224);
                box[3] = Math.max(box[3], i / 224);
            }
        }
        return box;
    }
}
