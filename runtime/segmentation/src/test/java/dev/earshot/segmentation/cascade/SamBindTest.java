package dev.earshot.segmentation.cascade;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.segmentation.output.PngFiles;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamBindTest {
    private static final int SIDE = 224;

    @TempDir
    private Path folder;

    /** A proposal and how well it will be said to fit the sound. */
    private record Thing(int left, int top, int right, int bottom, double cosine) {
        BinaryMask mask(int width, int height) {
            BinaryMask mask = new BinaryMask(width, height);
            for (int y = top; y < bottom; y++) {
                for (int x = left; x < right; x++) {
                    mask.set(x, y);
                }
            }
            return mask;
        }
    }

    /** Proposes the given masks whatever the picture, and remembers the picture. */
    private static final class Fixed implements MaskProposals {
        private final List<Thing> objects;
        private RgbImage seen;

        Fixed(Thing... objects) {
            this.objects = List.of(objects);
        }

        @Override
        public List<BinaryMask> propose(RgbImage frame) {
            seen = frame;
            return objects.stream()
                    .map(o -> o.mask(frame.width(), frame.height()))
                    .toList();
        }

        @Override
        public String name() {
            return "fixed";
        }

        @Override
        public Map<String, String> settings() {
            return Map.of("grid", "none");
        }
    }

    /** Gives each picture, in order, the cosine that was asked for; lengths differ, as cosines must not care. */
    private static final class Scripted implements JointEmbedder {
        private final List<Thing> objects;
        private int sounds;
        private int pictures;

        Scripted(Thing... objects) {
            this.objects = List.of(objects);
        }

        @Override
        public String name() {
            return "scripted network";
        }

        @Override
        public int side() {
            return 14;
        }

        @Override
        public float[] sound(float[] samples) {
            sounds++;
            return new float[] {20, 0};
        }

        @Override
        public List<float[]> pictures(List<float[]> pictures) {
            List<float[]> all = new ArrayList<>();
            for (int i = 0; i < pictures.size(); i++) {
                assertEquals(3 * 14 * 14, pictures.get(i).length);
                double cosine = objects.get(i).cosine();
                all.add(new float[] {(float) (3 * cosine), (float) (3 * Math.sqrt(1 - cosine * cosine))});
            }
            this.pictures += pictures.size();
            return all;
        }
    }

    private static ClipFrame frame(int width, int height, double loudness) {
        RgbImage image = RgbImage.black(width, height);
        for (int i = 0; i < image.rgb().length; i++) {
            image.rgb()[i] = (byte) (i * 31 % 251);
        }
        float[] sound = new float[Clip.SAMPLE_RATE_HZ];
        for (int i = 0; i < sound.length; i++) {
            sound[i] = (float) (loudness * Math.sin(i * 0.2));
        }
        return new ClipFrame(3, 3, image, sound);
    }

    private static SamBindSettings settings(ProposalChoice choice) {
        SamBindSettings d = SamBindSettings.DEFAULT;
        return new SamBindSettings(SIDE, d.maxArea(), d.crop(), choice, d.gate(), d.batch(), d.compute());
    }

    private static FrameMask outline(ClipFrame frame, SamBindSettings settings, Thing... objects) {
        try (SamBind method = new SamBind(new Scripted(objects), new Fixed(objects), settings)) {
            return method.segment(List.of(frame)).getFirst().result();
        }
    }

    private static final Thing LEFT = new Thing(10, 20, 60, 90, 0.1);
    private static final Thing RIGHT = new Thing(120, 30, 200, 80, 0.4);
    private static final Thing LOW = new Thing(50, 60, 130, 220, 0.35);

    @Test
    void theMaskIsTheUnionOfWhatPasses() {
        ProposalChoice stretched = new ProposalChoice(ScoreScale.MINMAX, 0.7, true);
        FrameMask result = outline(frame(SIDE, SIDE, 0.5), settings(stretched), LEFT, RIGHT, LOW);
        BinaryMask union = RIGHT.mask(SIDE, SIDE);
        union.add(LOW.mask(SIDE, SIDE));
        assertEquals(union, result.mask());
        assertEquals(0.4, result.score(), 1e-6);
        assertFalse(result.silent());
        assertEquals(3, result.index());

        List<FrameMask.Region> regions = result.regions();
        assertEquals(
                List.of(false, true, true),
                regions.stream().map(FrameMask.Region::selected).toList());
        assertEquals(0.1, regions.get(0).score(), 1e-6);
        assertEquals(0.1 - 0.85 / 3, regions.get(0).contrast(), 1e-6);
        assertEquals(50.0 * 70 / (SIDE * SIDE), regions.get(0).share(), 1e-9);
        FrameMask.Proposal low = regions.get(2).proposal().orElseThrow();
        assertEquals(new PixelBox(50, 60, 130, 220), low.box());
        assertEquals(0.25 / 0.3, low.scaledScore(), 1e-6);
    }

    @Test
    void literalReadingKeepsTheBestOnlyIfAskedFor() {
        ClipFrame frame = frame(SIDE, SIDE, 0.5);
        assertEquals(
                RIGHT.mask(SIDE, SIDE),
                outline(frame, settings(ProposalChoice.DEFAULT), LEFT, RIGHT, LOW)
                        .mask());
        ProposalChoice literal = new ProposalChoice(ScoreScale.RAW, 0.7, false);
        FrameMask none = outline(frame, settings(literal), LEFT, RIGHT, LOW);
        assertTrue(none.mask().isEmpty());
        assertEquals(0, none.score());
        assertEquals(3, none.regions().size());
        FrameMask nothing = outline(frame, settings(ProposalChoice.DEFAULT));
        assertTrue(nothing.mask().isEmpty() && nothing.regions().isEmpty());
    }

    @Test
    void silenceRunsNoModel() {
        Scripted embedder = new Scripted(LEFT);
        Fixed proposals = new Fixed(LEFT);
        try (SamBind method = new SamBind(embedder, proposals, SamBindSettings.DEFAULT)) {
            FrameMask silent =
                    method.segment(List.of(frame(60, 40, 1e-5))).getFirst().result();
            assertTrue(silent.silent() && silent.mask().isEmpty());
            assertEquals(60, silent.mask().width());
            assertEquals(0, embedder.sounds);
            assertEquals(null, proposals.seen);
        }
        SamBindSettings d = SamBindSettings.DEFAULT;
        SamBindSettings open =
                new SamBindSettings(SIDE, d.maxArea(), d.crop(), d.choice(), SilenceGate.OFF, d.batch(), d.compute());
        FrameMask marked = outline(frame(SIDE, SIDE, 0), open, LEFT);
        assertEquals(LEFT.mask(SIDE, SIDE), marked.mask(), "without the gate the best object is marked");
        assertFalse(marked.silent());
    }

    @Test
    void framesAreSeenAtTheirWorkingSizeAndMasksComeBackAtTheirOwn() {
        Fixed proposals = new Fixed(RIGHT);
        ClipFrame large = frame(448, 112, 0.5);
        try (SamBind method = new SamBind(new Scripted(RIGHT), proposals, SamBindSettings.DEFAULT)) {
            BinaryMask mask = method.segment(List.of(large)).getFirst().result().mask();
            // Twice as wide and half as high: nearest neighbours of a box are a box.
            assertEquals(new Thing(240, 15, 400, 40, 0).mask(448, 112), mask);
        }
        RgbImage expected = Resampler.resize(large.image(), SIDE, SIDE, Filter.BILINEAR);
        assertArrayEquals(expected.rgb(), proposals.seen.rgb());
    }

    @Test
    void proposalsThatAreNextToEverythingOrNothingAreLeftOutIfAskedFor() {
        Thing all = new Thing(0, 0, SIDE, 213, 0.9); // 95.1 %
        Thing line = new Thing(5, 5, 6, 100, 0.8);
        ClipFrame frame = frame(SIDE, SIDE, 0.5);
        // The line is never shown to the network, so the script gives the best score to the first proposal that is.
        FrameMask kept = outline(frame, SamBindSettings.DEFAULT, all, RIGHT);
        assertEquals(all.mask(SIDE, SIDE), kept.mask());

        SamBindSettings d = SamBindSettings.DEFAULT;
        SamBindSettings limited =
                new SamBindSettings(SIDE, 0.95, d.crop(), d.choice(), d.gate(), d.batch(), d.compute());
        Scripted embedder = new Scripted(RIGHT, LOW);
        try (SamBind method = new SamBind(embedder, new Fixed(all, line, RIGHT, LOW), limited)) {
            FrameMask result = method.segment(List.of(frame)).getFirst().result();
            assertEquals(2, embedder.pictures);
            assertEquals(2, result.regions().size());
            assertEquals(RIGHT.mask(SIDE, SIDE), result.mask());
        }
    }

    @Test
    void scoresThatAreNoNumbersAreAnErrorWithTheModelsName() {
        Thing broken = new Thing(10, 20, 60, 90, Double.NaN);
        IllegalStateException error = assertThrows(
                IllegalStateException.class,
                () -> outline(frame(SIDE, SIDE, 0.5), SamBindSettings.DEFAULT, RIGHT, broken));
        assertTrue(error.getMessage().startsWith("scripted network: expected a finite"), error.getMessage());
        assertTrue(error.getMessage().contains("proposal 1 of 2"), error.getMessage());
    }

    @Test
    void everySettingIsInTheReport() {
        SamBindSettings all = new SamBindSettings(
                SIDE,
                0.95,
                new RegionCrop(CropMode.PAD, 0.25, true),
                new ProposalChoice(ScoreScale.SOFTMAX, 0.6, false),
                new SilenceGate(true, 0.001),
                4,
                DType.BF16);
        try (SamBind method = new SamBind(new Scripted(), new Fixed(), all)) {
            assertEquals("sam-bind", method.method());
            assertEquals(
                    Map.ofEntries(
                            Map.entry("proposals", "fixed"),
                            Map.entry("grid", "none"),
                            Map.entry("frameSide", "224"),
                            Map.entry("maxArea", "0.95"),
                            Map.entry("cropMode", "pad"),
                            Map.entry("cropMargin", "0.25"),
                            Map.entry("masked", "true"),
                            Map.entry("scoreScale", "softmax"),
                            Map.entry("tauBind", "0.6"),
                            Map.entry("topOneIfEmpty", "false"),
                            Map.entry("silenceGate", "rms below 0.001"),
                            Map.entry("precision", "bf16")),
                    method.settings());
        }
    }

    /** Real networks with generated weights: the cosines are those of ImageBind asked by hand. */
    @Test
    void scoresAreTheCosinesOfImageBind() {
        ClipFrame frame = frame(SIDE, SIDE, 0.3);
        SamBindSettings d = SamBindSettings.DEFAULT;
        SamBindSettings small = new SamBindSettings(SIDE, d.maxArea(), d.crop(), d.choice(), d.gate(), 2, d.compute());
        try (Backend backend = Backends.open("cpu");
                Weights weights = ImageBind.filler(TinyModel.CONFIG);
                ImageBind model = ImageBind.load(backend, weights, DType.F32);
                SamBind method = new SamBind(backend, weights, new Fixed(LEFT, RIGHT, LOW), small)) {
            FrameMask result = method.segment(List.of(frame)).getFirst().result();
            float[] sound = sound(backend, model, frame.sound());
            List<Thing> objects = List.of(LEFT, RIGHT, LOW);
            int best = 0;
            for (int i = 0; i < 3; i++) {
                double expected = cosine(picture(backend, model, frame.image(), objects.get(i)), sound);
                assertEquals(expected, result.regions().get(i).score(), 1e-5, "object " + i);
                best = result.regions().get(i).score()
                                > result.regions().get(best).score()
                        ? i
                        : best;
            }
            assertEquals(objects.get(best).mask(SIDE, SIDE), result.mask());
            assertTrue(result.times().nanos().keySet().containsAll(List.of("propose", "networks")));
        }
    }

    private static float[] sound(Backend backend, ImageBind model, float[] samples) {
        try (var session = model.audioSession()) {
            float[] mel = ImageBindAudio.STANDARD.segment(samples);
            return backend.download(session.run(HostTensor.of(mel, 1, 1, 128, 204)));
        }
    }

    private static float[] picture(Backend backend, ImageBind model, RgbImage image, Thing object) {
        RgbImage part = RgbImage.black(object.right() - object.left(), object.bottom() - object.top());
        for (int y = 0; y < part.height(); y++) {
            for (int x = 0; x < part.width(); x++) {
                part.setPixel(x, y, image.pixel(object.left() + x, object.top() + y));
            }
        }
        ImagePreprocess d = ImagePreprocess.IMAGEBIND;
        ImagePreprocess tiny = new ImagePreprocess(
                new ImagePreprocess.Resize.ShortSide(TinyModel.SIDE),
                TinyModel.SIDE,
                Filter.BICUBIC,
                d.mean(),
                d.std());
        try (var session = model.imageSession()) {
            return backend.download(session.run(HostTensor.of(tiny.apply(part), 1, 3, TinyModel.SIDE, TinyModel.SIDE)));
        }
    }

    private static double cosine(float[] a, float[] b) {
        double[] sums = new double[3];
        for (int i = 0; i < a.length; i++) {
            sums[0] += a[i] * b[i];
            sums[1] += a[i] * a[i];
            sums[2] += b[i] * b[i];
        }
        return sums[0] / Math.sqrt(sums[1] * sums[2]);
    }

    @Test
    void clipsAreWalkedThroughFrameByFrameUntilClosed() throws IOException {
        Path frames = Files.createDirectory(folder.resolve("frames"));
        for (int i = 0; i < 3; i++) {
            PngFiles.write(frames.resolve(i + ".png"), frame(50, 40, 0).image());
        }
        float[] sound = new float[3 * Clip.SAMPLE_RATE_HZ];
        Arrays.fill(sound, Clip.SAMPLE_RATE_HZ, sound.length, 0.25f);
        Path wav = folder.resolve("sound.wav");
        WavFiles.write(wav, Waveform.mono(sound, Clip.SAMPLE_RATE_HZ), WavFiles.Encoding.FLOAT32);
        Clip clip = Clip.ofFrames(frames, wav);
        SamBind method = new SamBind(new Scripted(RIGHT), new Fixed(RIGHT), SamBindSettings.DEFAULT);
        try (Masks masks = method.segment(clip)) {
            List<FrameMask> all = masks.toList();
            assertEquals(
                    List.of(true, false, false),
                    all.stream().map(FrameMask::silent).toList());
            assertEquals(List.of(0, 1, 2), all.stream().map(FrameMask::index).toList());
            assertFalse(all.get(2).mask().isEmpty());
        }
        method.close();
        method.close();
        assertThrows(IllegalStateException.class, () -> method.segment(clip));
    }
}
