package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.BlockPair;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Segmenters;
import dev.earshot.segmentation.cascade.SamBind;
import dev.earshot.segmentation.cascade.SamBindSettings;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MocaModelTest {
    private static final MocaSettings SETTINGS = TinyModel.settings(2);

    private final Backend backend = Backends.open("cpu");

    @AfterEach
    void closeBackend() {
        backend.close(); // fails if a scope or a workspace is still open
    }

    private MocaModel load() {
        return MocaModel.load(backend, TinyModel.weights(), DType.F32);
    }

    private static List<ClipFrame> frames() {
        Random random = new Random(3);
        return List.of(frame(0, random), frame(1, random), frame(2, random));
    }

    private static ClipFrame frame(int index, Random random) {
        RgbImage image = RgbImage.black(60, 44);
        for (int y = 0; y < 44; y++) {
            for (int x = 0; x < 60; x++) {
                boolean square = x > 15 && x < 35 && y > 8 && y < 30;
                image.setPixel(x, y, square ? 0xffe020 : random.nextInt(0x404040));
            }
        }
        float[] sound = new float[16_000];
        for (int i = 0; i < sound.length; i++) {
            sound[i] = (float) (0.3 * Math.sin(i * 0.07 * (index + 1)) + 0.05 * random.nextGaussian());
        }
        return new ClipFrame(index, index, image, sound);
    }

    private static List<BinaryMask> masks(Segmenter segmenter) {
        return segmenter.segment(frames()).stream()
                .map(SegmentedFrame::result)
                .map(result -> result.mask())
                .toList();
    }

    /** What a segmenter with networks of its own makes of the frames. */
    private List<BinaryMask> alone() {
        try (Segmenter own = Segmenters.moca(backend, TinyModel.weights(), SETTINGS)) {
            return masks(own);
        }
    }

    @Test
    void aSecondSegmenterAddsNoWeightsAndGivesTheSameMasks() {
        List<BinaryMask> expected = alone();
        assertTrue(expected.stream().anyMatch(mask -> !mask.isEmpty()), "frames without a mask compare nothing");
        try (MocaModel model = load();
                Segmenter first = Segmenters.moca(model, SETTINGS)) {
            assertEquals(expected, masks(first));
            long bytes = model.bytes(); // after a pass: what is packed at first use is there
            assertTrue(bytes > 0);
            try (Segmenter second = Segmenters.moca(model, SETTINGS)) {
                assertEquals(expected, masks(second));
                assertEquals(expected, masks(first), "the other's pass stands between two of its own");
                assertEquals(bytes, model.bytes());
            }
        }
    }

    @Test
    void handlesShareOneImageBindUntilTheLastOneIsClosed() {
        MocaModel model = load();
        MocaModel again = model.share();
        assertSame(model.imageBind(), again.imageBind());
        long bytes = model.bytes();
        model.close();
        model.close(); // gives up one handle, not two
        assertEquals(bytes, again.bytes());
        ImageBind prepared = again.imageBind();
        again.close();
        assertEquals(0, prepared.bytes());
        assertThrows(IllegalStateException.class, model::share);
        assertThrows(IllegalStateException.class, () -> Segmenters.moca(again, SETTINGS));
    }

    @Test
    void modelAndSegmentersAreClosedInAnyOrder() {
        List<BinaryMask> expected = alone();
        int[][] orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        for (int[] order : orders) {
            MocaModel model = load();
            ImageBind prepared = model.imageBind();
            Segmenter first = Segmenters.moca(model, SETTINGS);
            Segmenter second = Segmenters.moca(model, SETTINGS);
            masks(first);
            masks(second);
            List<AutoCloseable> all = List.of(model, first, second);
            for (int i = 0; i < order.length; i++) {
                assertTrue(prepared.bytes() > 0, "freed before the last one");
                close(all.get(order[i]));
                if (i == 0) {
                    assertEquals(expected, masks(order[0] == 2 ? first : second));
                }
            }
            assertEquals(0, prepared.bytes());
        }
    }

    private static void close(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void adaptersAndSamBindShareTheImageBindOfAFrozenModel(@TempDir Path folder) {
        Path file = folder.resolve("adapters.safetensors");
        AdaAvConfig config = new AdaAvConfig(List.of(new BlockPair(2, 2)), 8, 3);
        try (AdaAvAdapters fresh = AdaAvAdapters.load(
                backend, AdaAvAdapters.initial(config, TinyModel.CONFIG, 5), config, TinyModel.CONFIG)) {
            fresh.save(file);
        }
        List<BinaryMask> expected = alone();
        SamBindSettings d = SamBindSettings.DEFAULT;
        SamBindSettings small = new SamBindSettings(56, d.maxArea(), d.crop(), d.choice(), d.gate(), 2, DType.F32);
        try (Weights adapters = Weights.open(file);
                MocaModel frozen = load();
                MocaModel adapted = frozen.withAdapters(adapters);
                Segmenter moca = MocaSegmenter.of(adapted, SETTINGS, Optional.empty());
                SamBind bind = SamBind.of(adapted, new Halves(), small)) {
            assertSame(frozen.imageBind(), adapted.imageBind());
            assertTrue(frozen.adapters().isEmpty());
            assertTrue(adapted.adapters().isPresent());
            assertEquals(expected, masks(moca), "fresh adapters have closed gates");
            double score = bind.segment(frames()).getFirst().result().score();
            try (SamBind own = new SamBind(backend, TinyModel.weights().imageBind(), new Halves(), small)) {
                assertEquals(own.segment(frames()).getFirst().result().score(), score);
            }
        }
    }

    /** Proposes the left and the right half. */
    private static final class Halves implements MaskProposals {
        @Override
        public List<BinaryMask> propose(RgbImage frame) {
            BinaryMask left = new BinaryMask(frame.width(), frame.height());
            BinaryMask right = new BinaryMask(frame.width(), frame.height());
            for (int y = 0; y < frame.height(); y++) {
                for (int x = 0; x < frame.width(); x++) {
                    (x < frame.width() / 2 ? left : right).set(x, y);
                }
            }
            return List.of(left, right);
        }

        @Override
        public String name() {
            return "halves";
        }
    }

    @Test
    void settingsOfAnotherPrecisionAreRefused() {
        try (MocaModel model = load()) {
            MocaSettings bf16 = SETTINGS.with(DType.BF16);
            var refused = assertThrows(IllegalArgumentException.class, () -> Segmenters.moca(model, bf16));
            assertTrue(refused.getMessage().contains("BF16"), refused.getMessage());
            MocaSettings delta = TinyModel.settings(1, ClusterScore.DELTA, MocaSettings.Scope.FRAME);
            assertThrows(IllegalArgumentException.class, () -> Segmenters.moca(model, delta));
        }
    }

    @Test
    void threadsTakeTurnsAndACallThatMeetsAnotherFailsAlone() throws InterruptedException {
        List<BinaryMask> expected = alone();
        try (MocaModel model = load();
                Segmenter first = Segmenters.moca(model, SETTINGS);
                Segmenter second = Segmenters.moca(model, SETTINGS)) {
            AtomicReference<List<BinaryMask>> elsewhere = new AtomicReference<>();
            Thread turn = Thread.ofPlatform().start(() -> elsewhere.set(masks(second)));
            turn.join();
            assertEquals(expected, elsewhere.get());

            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch leave = new CountDownLatch(1);
            Thread other = Thread.ofPlatform()
                    .name("the other")
                    .start(() -> backend.capture(b -> {
                                inside.countDown();
                                await(leave);
                            })
                            .close());
            inside.await();
            var met = assertThrows(IllegalStateException.class, () -> masks(first));
            assertTrue(met.getMessage().contains("the other"), met.getMessage());
            leave.countDown();
            other.join();
            assertEquals(expected, masks(first));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
