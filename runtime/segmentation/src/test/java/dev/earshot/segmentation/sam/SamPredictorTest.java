package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamPredictorTest {
    private static final int LOW = TinySam.LOW;
    private static final float[] NONE = new float[0];
    private static final RgbImage PICTURE = TinySam.picture(90, 60, 1);

    private Backend backend;
    private Sam sam;
    private SamPredictor predictor;

    @BeforeEach
    void open() {
        backend = Backends.open("cpu");
        sam = TinySam.open(backend);
        predictor = new SamPredictor(backend, sam);
    }

    @AfterEach
    void close() {
        predictor.close();
        sam.close();
        backend.close();
    }

    /** One prompt given to the network by itself, in its own frame: 80 / 90 of the picture's width, 53 / 60 of its height. */
    private record Asked(List<float[][]> logits, float[] ious) {
        static Asked of(Backend backend, Sam sam, RgbImage image, SamPrompts prompt, boolean multimask) {
            List<float[][]> logits = new ArrayList<>();
            List<float[]> scores = new ArrayList<>();
            try (SamEmbedding embedding = sam.embed(new SamTransform(TinySam.SIDE).apply(image))) {
                sam.decode(embedding, prompt, multimask, (first, tensor, ious) -> {
                    float[] values = backend.download(tensor);
                    for (int m = 0; m < ious.length; m++) {
                        float[][] one = new float[LOW][LOW];
                        for (int i = 0; i < LOW * LOW; i++) {
                            one[i / LOW][i % LOW] = values[m * LOW * LOW + i];
                        }
                        logits.add(one);
                    }
                    scores.add(ious);
                });
            }
            assertEquals(1, scores.size());
            return new Asked(logits, scores.getFirst());
        }
    }

    private static float x(double x) {
        return (float) (x * (80.0 / 90));
    }

    private static float y(double y) {
        return (float) (y * (53.0 / 60));
    }

    private void assertAnswers(Asked asked, List<MaskPrediction> answers) {
        assertEquals(asked.ious.length, answers.size());
        SamTransform.Geometry geometry = new SamTransform(TinySam.SIDE).geometry(90, 60);
        for (int m = 0; m < asked.ious.length; m++) {
            MaskPrediction answer = answers.get(m);
            float[][] full = ScalarSelection.full(asked.logits.get(m), geometry.maskResize());
            int strict = 0;
            int loose = 0;
            for (int i = 0; i < 90 * 60; i++) {
                float value = full[i / 90][i % 90];
                assertEquals(value > 0, answer.mask().get(i % 90, i / 90));
                assertEquals(value, answer.full().values()[i]);
                strict += value > 1 ? 1 : 0;
                loose += value > -1 ? 1 : 0;
            }
            assertEquals((float) strict / loose, answer.stability());
            assertEquals(asked.ious[m], answer.predictedIou());
            assertEquals(MaskBox.of(answer.mask()), answer.box());
            assertEquals(asked.logits.get(m)[7][3], answer.lowResolution().values()[7 * LOW + 3]);
        }
    }

    /** Prompts of all forms, each asked by itself, against the network asked in its own frame. */
    @Test
    void answersAreTheNetworksAtTheSizeOfThePicture() {
        PredictionOptions all =
                PredictionOptions.MULTIPLE.withLowResolutionLogits().withFullLogits();
        PredictionOptions one =
                PredictionOptions.SINGLE.withLowResolutionLogits().withFullLogits();
        predictor.setImage(PICTURE);

        List<MaskPrediction> point = predictor.predict(SamPrompt.foreground(30, 20.5), all);
        assertEquals(3, point.size());
        SamPrompts pointInFrame = SamPrompts.ofPoints(new float[] {x(30), y(20.5)});
        assertAnswers(Asked.of(backend, sam, PICTURE, pointInFrame, true), point);

        List<MaskPrediction> box = predictor.predict(SamPrompt.box(10, 5, 200, 50), one); // 200 is cut to 90
        assertEquals(1, box.size());
        SamPrompts boxInFrame = SamPrompts.ofBoxes(new float[] {x(10), y(5), 80, y(50)});
        assertAnswers(Asked.of(backend, sam, PICTURE, boxInFrame, false), box);

        MaskLogits earlier = point.getFirst().lowResolution();
        SamPrompt refined = SamPrompt.mask(earlier)
                .andForeground(30, 20.5)
                .andBackground(80, 50)
                .and(SamPrompt.box(10, 5, 60, 50));
        SamPrompts refinedInFrame = new SamPrompts(
                new float[] {x(30), y(20.5), x(80), y(50)},
                new int[] {1, 0},
                2,
                new float[] {x(10), y(5), x(60), y(50)},
                earlier.values(),
                1);
        assertAnswers(Asked.of(backend, sam, PICTURE, refinedInFrame, false), predictor.predict(refined, one));
    }

    @Test
    void manyPromptsOfMixedFormsComeBackInTheirOrder() {
        PredictionOptions options = PredictionOptions.MULTIPLE.withLowResolutionLogits();
        predictor.setImage(PICTURE);
        List<SamPrompt> prompts = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            prompts.add(
                    switch (i % 4) {
                        case 0 -> SamPrompt.foreground(2 * i, i);
                        case 1 -> SamPrompt.box(i, 3, i + 20, 30);
                        case 2 -> SamPrompt.foreground(2 * i, i).andBackground(i, i);
                        default -> SamPrompt.box(0, 0, 5 + i, 10 + i).andForeground(i, 2);
                    });
        }
        List<List<MaskPrediction>> together = predictor.predict(prompts, options);
        assertEquals(40, together.size());
        for (int i = 0; i < prompts.size(); i++) {
            List<MaskPrediction> alone = predictor.predict(prompts.get(i), options);
            for (int m = 0; m < 3; m++) {
                float[] expected = alone.get(m).lowResolution().values();
                assertArrayEquals(
                        expected, together.get(i).get(m).lowResolution().values(), 1e-4f, "prompt " + i);
            }
        }
    }

    @Test
    void theBestIsTheOneOfTheLargestPredictedIou() {
        predictor.setImage(PICTURE);
        List<SamPrompt> prompts = List.of(SamPrompt.foreground(5, 5), SamPrompt.foreground(80, 40));
        List<List<MaskPrediction>> all = predictor.predict(prompts, PredictionOptions.MULTIPLE);
        List<List<MaskPrediction>> best = predictor.predict(prompts, PredictionOptions.BEST);
        for (int i = 0; i < 2; i++) {
            MaskPrediction expected = all.get(i).getFirst();
            for (MaskPrediction other : all.get(i)) {
                expected = other.predictedIou() > expected.predictedIou() ? other : expected;
            }
            assertEquals(1, best.get(i).size());
            assertEquals(expected.mask(), best.get(i).getFirst().mask());
            assertEquals(expected.predictedIou(), best.get(i).getFirst().predictedIou());
            assertTrue(best.get(i).getFirst().full().isEmpty());
            assertTrue(best.get(i).getFirst().lowResolution().isEmpty());
        }
    }

    @Test
    void highQualityModelsGiveOneMask() {
        try (Sam hq = TinySam.open(backend, true, 1 << 20);
                SamPredictor refined = new SamPredictor(backend, hq)) {
            refined.setImage(PICTURE);
            assertEquals(
                    1,
                    refined.predict(SamPrompt.foreground(3, 3), PredictionOptions.MULTIPLE)
                            .size());
        }
    }

    @Test
    void predictorsShareAModelAndKeepTheirOwnPictures() {
        RgbImage other = TinySam.picture(60, 90, 2);
        SamPrompt prompt = SamPrompt.foreground(20, 30);
        PredictionOptions logits = PredictionOptions.MULTIPLE.withLowResolutionLogits();
        predictor.setImage(PICTURE);
        List<MaskPrediction> expected = predictor.predict(prompt, logits);
        try (SamPredictor second = new SamPredictor(backend, sam)) {
            second.setImage(other);
            List<MaskPrediction> ofOther = second.predict(prompt, logits);
            assertSameLogits(expected, predictor.predict(prompt, logits));
            assertSameLogits(ofOther, second.predict(prompt, logits));
        }
        assertSameLogits(expected, predictor.predict(prompt, logits));
    }

    private static void assertSameLogits(List<MaskPrediction> expected, List<MaskPrediction> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(
                    expected.get(i).lowResolution().values(),
                    actual.get(i).lowResolution().values());
        }
    }

    @Test
    void noPromptsGiveNoAnswers() {
        predictor.setImage(PICTURE);
        assertEquals(List.of(), predictor.predict(List.of(), PredictionOptions.SINGLE));
    }

    @Test
    void promptsOutsideThePictureAreRefusedBeforeAnyIsAsked() {
        predictor.setImage(PICTURE);
        for (SamPrompt wrong : List.of(SamPrompt.foreground(90, 3), SamPrompt.box(90, 3, 95, 9))) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> predictor.predict(List.of(SamPrompt.foreground(1, 1), wrong), PredictionOptions.SINGLE));
            assertTrue(e.getMessage().contains("give pixels of this picture"), e.getMessage());
        }
        assertEquals(
                1,
                predictor
                        .predict(SamPrompt.foreground(89, 59), PredictionOptions.SINGLE)
                        .size());
    }

    @Test
    void maskPromptsOfAnotherSizeAreRefused() {
        predictor.setImage(PICTURE);
        SamPrompt wrong = SamPrompt.mask(new MaskLogits(2, 3, new float[6]));
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> predictor.predict(wrong, PredictionOptions.SINGLE));
        assertEquals("SAM mask prompt: expected 20 x 20 logits, got 2 x 3", e.getMessage());
    }

    @Test
    void promptsBeforeAPictureAndAfterTheCloseAreRefused() {
        SamPrompt prompt = SamPrompt.foreground(1, 1);
        IllegalStateException early =
                assertThrows(IllegalStateException.class, () -> predictor.predict(prompt, PredictionOptions.SINGLE));
        assertTrue(early.getMessage().contains("call setImage first"), early.getMessage());
        predictor.setImage(PICTURE);
        predictor.close();
        predictor.close();
        assertThrows(IllegalStateException.class, () -> predictor.predict(prompt, PredictionOptions.SINGLE));
        assertThrows(IllegalStateException.class, () -> predictor.setImage(PICTURE));
    }

    @Test
    void aNewPictureTakesThePlaceOfTheOld() {
        SamPrompt prompt = SamPrompt.foreground(20, 20);
        PredictionOptions options = PredictionOptions.SINGLE.withLowResolutionLogits();
        predictor.setImage(PICTURE);
        float[] first =
                predictor.predict(prompt, options).getFirst().lowResolution().values();
        predictor.setImage(TinySam.picture(50, 70, 2));
        MaskPrediction other = predictor.predict(prompt, options).getFirst();
        assertEquals(50, other.mask().width());
        assertNotEquals(first[0], other.lowResolution().values()[0]);
        predictor.setImage(PICTURE);
        assertArrayEquals(
                first,
                predictor.predict(prompt, options).getFirst().lowResolution().values());
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 700", "20000, 2", "3, 20000"})
    void picturesOfExtremeShapeAreAnswered(int width, int height) {
        predictor.setImage(TinySam.picture(width, height, 5));
        List<SamPrompt> prompts = List.of(
                SamPrompt.foreground(width - 1, height - 1),
                SamPrompt.box(0, 0, width, height),
                SamPrompt.foreground(0, 0));
        for (List<MaskPrediction> masks : predictor.predict(prompts, PredictionOptions.MULTIPLE.withFullLogits())) {
            for (MaskPrediction answer : masks) {
                assertEquals(width, answer.mask().width());
                assertEquals(height, answer.mask().height());
                for (int i = 0; i < width * height; i++) {
                    assertEquals(answer.full().values()[i] > 0, answer.mask().get(i % width, i / width));
                }
            }
        }
    }

    @Test
    void modelsWhoseFrameIsNotSquareAreRefused() {
        try (Sam wide = TinySam.openWide(backend)) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> new SamPredictor(backend, wide));
            assertTrue(e.getMessage().contains("square frame, got 3 x 5"), e.getMessage());
        }
    }
}
