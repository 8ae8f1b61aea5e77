package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.MaskResize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutomaticMaskGeneratorTest {
    private static final int LOW = TinySam.LOW;

    /** The network asked crop by crop and batch by batch, as described. */
    private record AskedNetwork(Backend backend, Sam sam, RgbImage image, GeneratorSettings settings)
            implements ScalarSelection.Network {
        @Override
        public MaskResize resize(Crop crop) {
            return new SamTransform(TinySam.SIDE)
                    .geometry(crop.box().width(), crop.box().height())
                    .maskResize();
        }

        @Override
        public List<ScalarSelection.Candidate> candidates(Crop crop, double[] points) {
            PixelBox box = crop.box();
            RgbImage part = RgbImage.black(box.width(), box.height());
            for (int y = 0; y < box.height(); y++) {
                for (int x = 0; x < box.width(); x++) {
                    part.setPixel(x, y, image.pixel(box.left() + x, box.top() + y));
                }
            }
            SamTransform transform = new SamTransform(TinySam.SIDE);
            SamTransform.Geometry geometry = transform.geometry(box.width(), box.height());
            List<ScalarSelection.Candidate> candidates = new ArrayList<>();
            try (SamEmbedding embedding = sam.embed(transform.apply(part))) {
                for (int from = 0; from < points.length; from += 2 * settings.pointsPerBatch()) {
                    int end = Math.min(points.length, from + 2 * settings.pointsPerBatch());
                    double[] batch = Arrays.copyOfRange(points, from, end);
                    SamPrompts prompts = SamPrompts.ofPoints(geometry.toFrame(batch));
                    sam.decode(embedding, prompts, settings.multimask(), (first, tensor, ious) -> {
                        int perPoint = (int) tensor.dim(1);
                        float[] values = backend.download(tensor);
                        for (int c = 0; c < ious.length; c++) {
                            float[][] logits = new float[LOW][LOW];
                            for (int i = 0; i < LOW * LOW; i++) {
                                logits[i / LOW][i % LOW] = values[c * LOW * LOW + i];
                            }
                            int at = 2 * (first + c / perPoint);
                            candidates.add(new ScalarSelection.Candidate(logits, ious[c], batch[at], batch[at + 1]));
                        }
                    });
                }
            }
            return candidates;
        }
    }

    /** Generated weights give logits of about -1 to 1 and predicted IoUs about 0.2. */
    private static GeneratorSettings.Builder lenient() {
        return GeneratorSettings.builder()
                .pointsPerSide(5)
                .pointsPerBatch(7)
                .predictedIouThreshold(0)
                .stabilityThreshold(0.3f)
                .stabilityOffset(0.1f)
                .boxNmsThreshold(0.8);
    }

    private static GeneratorSettings settings(String kind) {
        return switch (kind) {
            case "plain" -> lenient().predictedIouThreshold(0.15f).build();
            case "crops" -> lenient().cropLayers(1).cropPointsDownscale(2).build();
            case "jitter" -> lenient().jitter(0.5).jitterSeed(4).build();
            case "single" -> lenient().multimask(false).build();
            case "given" ->
                lenient()
                        .pointGrids(List.of(PointGrid.of(0.1, 0.9, 1, 1, 0, 0)))
                        .build();
            default -> throw new IllegalArgumentException(kind);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "plain, false",
        "crops, false",
        "jitter, false",
        "single, false",
        "given, false",
        "plain, true",
        "crops, true"
    })
    void masksAreThoseOfTheScalarStatementOnTheSameNetwork(String kind, boolean highQuality) {
        RgbImage image = TinySam.picture(120, 90, 3);
        GeneratorSettings settings = settings(kind);
        try (Backend backend = Backends.open("cpu");
                Sam sam = TinySam.open(backend, highQuality, 256 << 10);
                AutomaticMaskGenerator generator = new AutomaticMaskGenerator(backend, sam, settings)) {
            List<Integer> progress = new ArrayList<>();
            List<GeneratedMask> got = generator.generate(image, progress::add);
            List<GeneratedMask> expected =
                    new ScalarSelection(settings, 120, 90).select(new AskedNetwork(backend, sam, image, settings));
            assertEquals(expected, got);
            assertFalse(got.isEmpty());
            assertEquals(generator.points(120, 90), progress.getLast());
            assertEquals(got, generator.generate(image), "a second time");
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 300", "20000, 3"})
    void picturesOfExtremeShapeAreSearched(int width, int height) {
        RgbImage image = TinySam.picture(width, height, 8);
        GeneratorSettings settings = lenient().pointsPerSide(3).cropLayers(1).build();
        try (Backend backend = Backends.open("cpu");
                Sam sam = TinySam.open(backend);
                AutomaticMaskGenerator generator = new AutomaticMaskGenerator(backend, sam, settings)) {
            List<GeneratedMask> expected = new ScalarSelection(settings, width, height)
                    .select(new AskedNetwork(backend, sam, image, settings));
            assertEquals(expected, generator.generate(image));
        }
    }

    @Test
    void proposalsAreTheMasksFrameByFrame() {
        try (Backend backend = Backends.open("cpu");
                Sam sam = TinySam.open(backend)) {
            AutomaticMaskGenerator generator = new AutomaticMaskGenerator(backend, sam, settings("plain"));
            try (MaskProposals proposals = new SamProposals(generator, "sam")) {
                for (int frame = 0; frame < 2; frame++) {
                    RgbImage image = TinySam.picture(64, 64, frame);
                    List<BinaryMask> masks = proposals.propose(image);
                    assertEquals(
                            generator.generate(image).stream()
                                    .map(GeneratedMask::mask)
                                    .toList(),
                            masks);
                    assertFalse(masks.isEmpty());
                }
                assertEquals("sam", proposals.name());
                assertEquals("5", proposals.settings().get("points_per_side"));
            }
        }
    }

    @Test
    void recordsAreWrittenAsSegmentAnythingDoes() {
        BinaryMask mask = new BinaryMask(10, 8);
        mask.set(4, 5);
        GeneratedMask one = new GeneratedMask(
                dev.earshot.segmentation.output.CocoRle.of(mask),
                MaskBox.of(mask),
                0.9f,
                0.97f,
                4.5,
                5.5,
                new PixelBox(2, 0, 10, 7));
        assertEquals("[4, 5, 0, 0]", Arrays.toString(one.bbox()), "one pixel has no width there");
        assertEquals("[2, 0, 8, 7]", Arrays.toString(one.cropBox()));
        assertEquals(1, one.area());
        assertTrue(one.mask().get(4, 5));
    }
}
