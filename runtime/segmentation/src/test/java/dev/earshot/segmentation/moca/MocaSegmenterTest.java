package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.BlockPair;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way from files to masks, on generated weights of a tiny model. */
class MocaSegmenterTest {
    private static final int WIDTH = 61;
    private static final int HEIGHT = 40;

    @TempDir
    private Path folder;

    /** Seven frames of a bright square on noise; second 2 is silent. */
    private Clip clip() throws IOException {
        Path frames = Files.createDirectories(folder.resolve("frames"));
        Random random = new Random(7);
        for (int f = 0; f < 7; f++) {
            BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    boolean square = x > 20 && x < 40 && y > 10 && y < 30;
                    image.setRGB(x, y, square ? 0xffe020 : random.nextInt(0x404040));
                }
            }
            ImageIO.write(image, "png", frames.resolve(f + ".png").toFile());
        }
        float[] sound = new float[7 * 16_000];
        for (int i = 0; i < sound.length; i++) {
            sound[i] = i / 16_000 == 2 ? 0 : (float) (0.3 * Math.sin(i * 0.1) + 0.05 * random.nextGaussian());
        }
        Path wav = folder.resolve("sound.wav");
        WavFiles.write(wav, Waveform.mono(sound, 16_000), WavFiles.Encoding.FLOAT32);
        return Clip.ofFrames(frames, wav);
    }

    private static List<FrameMask> run(Clip clip, MocaWeights weights, MocaSettings settings) {
        try (Backend backend = Backends.open("cpu");
                Segmenter moca = new MocaSegmenter(backend, weights, settings, Optional.empty());
                Masks masks = moca.segment(clip)) {
            return masks.toList();
        }
    }

    @Test
    void everyFrameGetsAMaskOfItsSizeInOrder() throws IOException {
        List<FrameMask> masks = run(clip(), TinyModel.weights(), TinyModel.settings(4));

        assertEquals(7, masks.size());
        for (int i = 0; i < 7; i++) {
            FrameMask frame = masks.get(i);
            assertEquals(i, frame.index());
            assertEquals(WIDTH, frame.mask().width());
            assertEquals(HEIGHT, frame.mask().height());
            assertEquals("0000" + i + ".png", frame.name());
            assertEquals(i == 2, frame.silent());
            assertEquals(i == 2, frame.mask().isEmpty());
            assertEquals(i == 2 ? 0 : 4, frame.regions().size());
        }
        FrameMask first = masks.getFirst();
        double share =
                first.regions().stream().mapToDouble(FrameMask.Region::share).sum();
        assertEquals(1, share, 1e-9);
        assertTrue(first.times().totalNanos() > 0);
        assertTrue(first.loudnessDbfs() > -20 && first.loudnessDbfs() < 0);
    }

    @Test
    void batchSizeDoesNotChangeTheMasks() throws IOException {
        Clip clip = clip();
        List<FrameMask> one = run(clip, TinyModel.weights(), TinyModel.settings(1));
        List<FrameMask> four = run(clip, TinyModel.weights(), TinyModel.settings(4));
        for (int i = 0; i < one.size(); i++) {
            assertEquals(one.get(i).mask(), four.get(i).mask(), "frame " + i);
        }
    }

    @Test
    void adaptersWithClosedGatesChangeNothing() throws IOException {
        Clip clip = clip();
        AdaAvConfig config = new AdaAvConfig(List.of(new BlockPair(1, 1), new BlockPair(2, 2)), 8, 3);
        Path file = folder.resolve("moca_adapter.safetensors");
        try (Backend backend = Backends.open("cpu");
                AdaAvAdapters fresh = AdaAvAdapters.load(
                        backend, AdaAvAdapters.initial(config, TinyModel.CONFIG, 5), config, TinyModel.CONFIG)) {
            fresh.save(file);
        }
        List<FrameMask> plain = run(clip, TinyModel.weights(), TinyModel.settings(2));
        List<FrameMask> adapted = run(clip, TinyModel.weights().withAdapter(Weights.open(file)), TinyModel.settings(2));
        for (int i = 0; i < plain.size(); i++) {
            assertEquals(plain.get(i).mask(), adapted.get(i).mask(), "frame " + i);
        }
    }

    @Test
    void clipScopeClustersAllSoundingFramesTogether() throws IOException {
        List<FrameMask> masks =
                run(clip(), TinyModel.weights(), TinyModel.settings(4, ClusterScore.JOINT, MocaSettings.Scope.CLIP));
        assertEquals(7, masks.size());
        assertTrue(masks.get(2).silent());
        assertTrue(masks.stream().anyMatch(frame -> !frame.mask().isEmpty()));
    }

    @Test
    void proposalsReplaceTheMaskWhereTheyFit() throws IOException {
        BinaryMask whole = new BinaryMask(WIDTH, HEIGHT);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                whole.set(x, y);
            }
        }
        MaskProposals everything = new MaskProposals() {
            @Override
            public List<BinaryMask> propose(RgbImage frame) {
                return List.of(whole);
            }

            @Override
            public String name() {
                return "everything";
            }
        };
        Clip clip = clip();
        List<FrameMask> raw = run(clip, TinyModel.weights(), TinyModel.settings(4));
        try (Backend backend = Backends.open("cpu");
                Segmenter moca = new MocaSegmenter(
                        backend, TinyModel.weights(), TinyModel.settings(4), Optional.of(everything));
                Masks masks = moca.segment(clip)) {
            for (FrameMask frame : masks) {
                BinaryMask before = raw.get(frame.index()).mask();
                boolean fits = before.iou(whole) > 0.5;
                assertEquals(fits ? whole : before, frame.mask());
            }
            assertEquals("everything", moca.settings().get("proposals"));
        }
    }

    @Test
    void masksAreWalkedThroughOnceAndNotAfterClosing() throws IOException {
        Clip clip = clip();
        try (Backend backend = Backends.open("cpu")) {
            Segmenter moca = new MocaSegmenter(backend, TinyModel.weights(), TinyModel.settings(1), Optional.empty());
            Masks masks = moca.segment(clip);
            assertTrue(masks.iterator().hasNext());
            assertThrows(IllegalStateException.class, masks::iterator);
            masks.close();
            moca.close();
            moca.close();
            assertThrows(IllegalStateException.class, () -> moca.segment(clip));
        }
    }

    @Test
    void missingPartsAreNamed() {
        WeightsException none = assertThrows(WeightsException.class, () -> MocaWeights.in(folder.resolve("no")));
        assertTrue(none.getMessage().contains("imagebind_huge.safetensors"), none.getMessage());
        assertTrue(none.getMessage().contains("earshot convert"), none.getMessage());

        MocaSettings delta = TinyModel.settings(1, ClusterScore.DELTA, MocaSettings.Scope.FRAME);
        try (Backend backend = Backends.open("cpu")) {
            IllegalArgumentException noAdapter = assertThrows(
                    IllegalArgumentException.class,
                    () -> new MocaSegmenter(backend, TinyModel.weights(), delta, Optional.empty()));
            assertFalse(noAdapter.getMessage().isEmpty());
        }
    }
}
