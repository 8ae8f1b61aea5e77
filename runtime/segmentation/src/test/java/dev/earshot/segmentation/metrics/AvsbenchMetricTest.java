package dev.earshot.segmentation.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AvsbenchMetricTest {
    private static final int FRAMES = 5;
    private static final double EXACT = 1e-12;

    private record Video(List<float[]> logits, List<BinaryMask> targets) {
        List<float[]> scores() {
            return logits.stream()
                    .map(frame -> {
                        float[] s = new float[frame.length];
                        for (int i = 0; i < s.length; i++) {
                            s[i] = 1f / (1f + (float) Math.exp(-frame[i]));
                        }
                        return s;
                    })
                    .toList();
        }

        List<FramePrediction> predictions() {
            int width = targets.getFirst().width();
            int height = targets.getFirst().height();
            return logits.stream()
                    .<FramePrediction>map(frame -> new FramePrediction.Logits(width, height, frame))
                    .toList();
        }

        /** The masks at logit 0. */
        List<BinaryMask> masks() {
            return logits.stream()
                    .map(frame -> {
                        byte[] set = new byte[frame.length];
                        for (int i = 0; i < set.length; i++) {
                            set[i] = (byte) (frame[i] > 1e-6f ? 1 : 0);
                        }
                        return BinaryMask.of(
                                targets.getFirst().width(), targets.getFirst().height(), set);
                    })
                    .toList();
        }

        AvsbenchResult alone(AvsbenchMetric metric) {
            metric.add("v", "", predictions(), targets);
            return metric.result();
        }
    }

    /** Random videos of an odd size; every third frame has an empty target, every fifth video has nothing else. */
    private static List<Video> videos(int count, long seed) {
        Random random = new Random(seed);
        List<Video> videos = new ArrayList<>();
        for (int v = 0; v < count; v++) {
            List<float[]> logits = new ArrayList<>();
            List<BinaryMask> targets = new ArrayList<>();
            for (int k = 0; k < FRAMES; k++) {
                float[] frame = new float[13 * 7];
                byte[] truth = new byte[frame.length];
                boolean empty = v % 5 == 4 || random.nextInt(3) == 0;
                for (int i = 0; i < frame.length; i++) {
                    truth[i] = (byte) (!empty && random.nextInt(4) == 0 ? 1 : 0);
                    // Ties at 0, at the ends of the scale and on round values.
                    frame[i] = random.nextBoolean()
                            ? random.nextInt(-3, 4) * (random.nextInt(9) == 0 ? 100 : 1)
                            : (float) (random.nextGaussian() + truth[i]);
                }
                logits.add(frame);
                targets.add(BinaryMask.of(13, 7, truth));
            }
            videos.add(new Video(logits, targets));
        }
        return videos;
    }

    private static AvsbenchResult score(List<Video> videos, int... batchSizes) {
        AvsbenchMetric metric = new AvsbenchMetric(batchSizes);
        videos.forEach(video -> metric.add("v", "", video.predictions(), video.targets()));
        return metric.result();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 100})
    void batchesEqualTheDefinitionWrittenOut(int batchSize) {
        List<Video> videos = videos(11, 5);
        List<BatchedScore.Batch> batches = score(videos, batchSize).reported().batches();
        assertEquals((11 + batchSize - 1) / batchSize, batches.size());
        for (int b = 0; b < batches.size(); b++) {
            List<Video> part = videos.subList(b * batchSize, Math.min(11, (b + 1) * batchSize));
            List<float[]> scores =
                    part.stream().flatMap(v -> v.scores().stream()).toList();
            List<BinaryMask> targets =
                    part.stream().flatMap(v -> v.targets().stream()).toList();
            assertEquals(ScalarAvsbench.iou(scores, targets), batches.get(b).iou(), EXACT);
            assertEquals(ScalarAvsbench.f(scores, targets), batches.get(b).f(), EXACT);
        }
    }

    @Test
    void severalBatchSizesAtOnceGiveWhatEachGivesAlone() {
        List<Video> videos = videos(9, 6);
        AvsbenchResult together = score(videos, 4, 1, AvsbenchMetric.ALL_VIDEOS);
        int[] sizes = {4, 1, AvsbenchMetric.ALL_VIDEOS};
        for (int i = 0; i < sizes.length; i++) {
            assertEquals(score(videos, sizes[i]).reported(), together.scores().get(i));
        }
        assertEquals(1, together.scores().get(2).batches().size());
    }

    @Test
    void resultsAtAnyMomentAreThoseOfTheVideosSoFar() {
        List<Video> videos = videos(9, 7);
        AvsbenchMetric streaming = new AvsbenchMetric();
        for (int n = 1; n <= videos.size(); n++) {
            Video video = videos.get(n - 1);
            streaming.add("v", "", video.predictions(), video.targets());
            assertEquals(score(videos.subList(0, n), 4, 1), streaming.result());
        }
    }

    @Test
    void orderWithinABatchDoesNotMatter() {
        List<Video> videos = videos(8, 8);
        List<Video> shuffled = new ArrayList<>(videos);
        Collections.reverse(shuffled.subList(0, 4));
        Collections.swap(shuffled, 5, 7);
        BatchedScore a = score(videos, 4).reported();
        BatchedScore b = score(shuffled, 4).reported();
        for (int i = 0; i < 2; i++) {
            assertEquals(a.batches().get(i).iou(), b.batches().get(i).iou(), EXACT);
            assertEquals(a.batches().get(i).f(), b.batches().get(i).f(), EXACT);
        }
    }

    @Test
    void fOfHardMasksIsTheirsOrThatOfTheWholeFrame() {
        for (Video video : videos(30, 9)) {
            AvsbenchMetric hard = new AvsbenchMetric(1);
            List<BinaryMask> masks = video.masks();
            List<FramePrediction> predictions = masks.stream()
                    .<FramePrediction>map(FramePrediction.Mask::new)
                    .toList();
            double f = hard.add("v", "", predictions, video.targets()).f();
            assertEquals(Math.max(meanF(masks, video.targets()), meanF(whole(), video.targets())), f, EXACT);
        }
    }

    private static List<BinaryMask> whole() {
        byte[] set = new byte[13 * 7];
        java.util.Arrays.fill(set, (byte) 1);
        return Collections.nCopies(FRAMES, BinaryMask.of(13, 7, set));
    }

    private static double meanF(List<BinaryMask> masks, List<BinaryMask> targets) {
        return IntStream.range(0, masks.size())
                .filter(k -> !targets.get(k).isEmpty())
                .mapToDouble(k -> {
                    double hits = masks.get(k).intersectionArea(targets.get(k));
                    double precision = hits == 0 ? 0 : hits / masks.get(k).area();
                    double recall = hits / targets.get(k).area();
                    return hits == 0 ? 0 : 1.3 * precision * recall / (0.3 * precision + recall);
                })
                .average()
                .orElse(0);
    }

    @Test
    void masksScoreAsLogitsOfTwenty() {
        for (Video video : videos(10, 10)) {
            List<FramePrediction> masks = new ArrayList<>();
            List<FramePrediction> logits = new ArrayList<>();
            for (BinaryMask mask : video.masks()) {
                float[] twenty = new float[13 * 7];
                for (int i = 0; i < twenty.length; i++) {
                    twenty[i] = mask.get(i % 13, i / 13) ? 20 : -20;
                }
                masks.add(new FramePrediction.Mask(mask));
                logits.add(new FramePrediction.Logits(13, 7, twenty));
            }
            AvsbenchMetric a = new AvsbenchMetric();
            AvsbenchMetric b = new AvsbenchMetric();
            assertEquals(a.add("v", "", masks, video.targets()), b.add("v", "", logits, video.targets()));
        }
    }

    @Test
    void iouIsSymmetricWhereNeitherMaskIsEmpty() {
        List<BinaryMask> a = videos(4, 11).getFirst().masks();
        List<BinaryMask> b = videos(4, 12).getFirst().masks();
        for (int k = 0; k < FRAMES; k++) {
            assertEquals(iou(a.get(k), b.get(k)), iou(b.get(k), a.get(k)), 0);
            // Turning both upside down changes nothing.
            assertEquals(iou(a.get(k), b.get(k)), iou(flipped(a.get(k)), flipped(b.get(k))), 0);
        }
    }

    private static double iou(BinaryMask prediction, BinaryMask target) {
        return new AvsbenchMetric(1)
                .add("v", "", List.of(new FramePrediction.Mask(prediction)), List.of(target))
                .iou();
    }

    private static BinaryMask flipped(BinaryMask mask) {
        BinaryMask flipped = new BinaryMask(mask.width(), mask.height());
        for (int i = 0; i < mask.width() * mask.height(); i++) {
            if (mask.get(i % mask.width(), i / mask.width())) {
                flipped.set(i % mask.width(), mask.height() - 1 - i / mask.width());
            }
        }
        return flipped;
    }

    @Test
    void emptyTargetsScoreTheirBackgroundAndHaveNoF() {
        BinaryMask nothing = new BinaryMask(8, 4);
        BinaryMask some = new BinaryMask(8, 4);
        some.set(1, 1);
        some.set(2, 1);
        assertEquals(1, iou(nothing, nothing), 1e-8);
        assertEquals(30.0 / 32, iou(some, nothing), 1e-8);
        assertEquals(0, iou(nothing, some), 1e-8);
        AvsbenchMetric metric = new AvsbenchMetric(1, 2);
        metric.add("empty", "", List.of(new FramePrediction.Mask(nothing)), List.of(nothing));
        metric.add("full", "", List.of(new FramePrediction.Mask(some)), List.of(some));
        AvsbenchResult result = metric.result();
        assertEquals(0.5, result.scores().get(0).fscore(), EXACT); // the empty batch counts as 0
        assertEquals(1, result.scores().get(1).fscore(), EXACT); // the empty frame is left out
        assertEquals(1, result.emptyTargets());
        assertEquals(2, result.frames());
    }

    @Test
    void aLogitOfZeroIsBackgroundAndInfinitiesAreClear() {
        BinaryMask target = BinaryMask.of(3, 1, new byte[] {0, 1, 0});
        float[] logits = {0, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        VideoScore score =
                new AvsbenchMetric().add("v", "", List.of(new FramePrediction.Logits(3, 1, logits)), List.of(target));
        assertEquals(1, score.iou(), 1e-6);
        assertEquals(1, score.f(), EXACT);
    }

    @Test
    void saturatedLogitsReachTheLastThresholdWherePyTorchsDo() {
        assertTrue(FrameCounts.sigmoid(16.6f) < 1f);
        assertEquals(1f, FrameCounts.sigmoid(16.85f)); // the nearest fp32 value is 0.99999994
        assertEquals(0f, FrameCounts.sigmoid(-200f));
        assertEquals(0.5f, FrameCounts.sigmoid(1e-8f));
    }

    @Test
    void scoresAreCutAtTheirThresholdAndNotAtTheSigmoids() {
        BinaryMask target = BinaryMask.of(4, 1, new byte[] {0, 0, 1, 1});
        float[] scores = {0.1f, 0.4f, 0.6f, 1f};
        assertEquals(1, scored(new FramePrediction.Scores(4, 1, scores), target), 1e-6);
        assertEquals(2.0 / 3, scored(new FramePrediction.Scores(4, 1, scores, 0.3f), target), 1e-6);
        assertEquals(0.5, scored(new FramePrediction.Scores(4, 1, scores, 0.9f), target), 1e-6);
        // Fed as logits, everything above 0 would count.
        assertEquals(0.5, scored(new FramePrediction.Logits(4, 1, scores), target), 1e-6);
        assertThrows(IllegalArgumentException.class, () -> new FramePrediction.Scores(4, 1, scores, 1.5f));
    }

    private static double scored(FramePrediction prediction, BinaryMask target) {
        return new AvsbenchMetric()
                .add("v", "", List.of(prediction), List.of(target))
                .iou();
    }

    @Test
    void scoresEqualTheLogitsTheyStandFor() {
        Random random = new Random(13);
        for (Video video : videos(10, 13)) {
            List<FramePrediction> scores = new ArrayList<>();
            List<float[]> clamped = new ArrayList<>();
            for (int k = 0; k < FRAMES; k++) {
                float[] values = new float[13 * 7];
                float[] reference = new float[13 * 7];
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextInt(5) == 0 ? random.nextInt(2) : random.nextFloat();
                    reference[i] = Math.min(Math.max(values[i], 1e-6f), 1 - 1e-6f);
                }
                scores.add(new FramePrediction.Scores(13, 7, values));
                clamped.add(reference);
            }
            VideoScore score = new AvsbenchMetric().add("v", "", scores, video.targets());
            assertEquals(ScalarAvsbench.iou(clamped, video.targets()), score.iou(), EXACT);
            assertEquals(ScalarAvsbench.f(clamped, video.targets()), score.f(), EXACT);
        }
    }

    @Test
    void binsCountTheThresholdsAtOrBelowAScore() {
        for (int i = 0; i <= 254; i++) {
            float threshold = (float) (i / 254.0);
            assertEquals(i + 1, FMeasure.bin(threshold));
            assertEquals(i, FMeasure.bin(Math.nextDown(threshold)));
            assertEquals(i + 1, FMeasure.bin(Math.nextUp(threshold)));
        }
        assertEquals(0.5f, (float) (127 / 254.0));
        assertEquals(0, FMeasure.bin(Float.NaN));
    }

    @Test
    void wrongNumbersAndSizesAreRefusedWithTheFrame() {
        BinaryMask mask = new BinaryMask(4, 3);
        FramePrediction prediction = new FramePrediction.Mask(new BinaryMask(3, 4));
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> new AvsbenchMetric().add("clip", "", List.of(prediction), List.of(mask)))
                .getMessage();
        assertTrue(
                message.contains("clip, frame 0") && message.contains("4 x 3") && message.contains("3 x 4"), message);
        assertThrows(
                IllegalArgumentException.class,
                () -> new AvsbenchMetric().add("clip", "", List.of(prediction), List.of()));
        assertThrows(IllegalArgumentException.class, () -> new AvsbenchMetric(0));
        assertThrows(IllegalArgumentException.class, () -> new AvsbenchMetric(new int[0]));
    }

    @Test
    void categoriesAreMeansOverTheirVideos() {
        AvsbenchMetric metric = new AvsbenchMetric();
        List<Video> videos = videos(4, 14);
        for (int v = 0; v < 4; v++) {
            metric.add(
                    "v" + v,
                    v < 3 ? "dog" : "cat",
                    videos.get(v).predictions(),
                    videos.get(v).targets());
        }
        AvsbenchResult result = metric.result();
        var categories = result.byCategory();
        assertEquals(List.of("cat", "dog"), List.copyOf(categories.keySet()));
        assertEquals(3, categories.get("dog").videos());
        double sum = 0;
        for (int v = 0; v < 3; v++) {
            sum += result.videos().get(v).iou();
        }
        assertEquals(sum / 3, categories.get("dog").iou(), EXACT);
        assertEquals(
                videos.get(3).alone(new AvsbenchMetric(1)).reported().fscore(),
                categories.get("cat").f(),
                EXACT);
    }
}
