package dev.earshot.segmentation.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.video.AudioSource;
import dev.earshot.segmentation.video.Sampling;
import dev.earshot.segmentation.video.VideoLimits;
import dev.earshot.segmentation.video.VideoProbe;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OverlayTest {
    @TempDir
    Path folder;

    private static RgbImage grey(int width, int height, int level) {
        RgbImage image = RgbImage.black(width, height);
        Arrays.fill(image.rgb(), (byte) level);
        return image;
    }

    private static BinaryMask block(int width, int height, int left, int top, int right, int bottom) {
        BinaryMask mask = new BinaryMask(width, height);
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                mask.set(x, y);
            }
        }
        return mask;
    }

    private static ClipFrame frame(int index, RgbImage image, double amplitude) {
        float[] sound = new float[16_000];
        for (int i = 0; i < sound.length; i++) {
            sound[i] = (float) (amplitude * Math.sin(i * 0.3));
        }
        return new ClipFrame(index, index + 0.9375, image, sound);
    }

    @Test
    void tintIsMixedInHalfAndTheRestIsUntouched() {
        RgbImage image = grey(40, 30, 100);
        RgbImage drawn = Overlay.draw(image, block(40, 30, 10, 10, 30, 20), 0xff0000, 0.5);
        assertEquals(0xb23232, drawn.pixel(20, 15)); // 177.5 and 50
        assertEquals(0x646464, drawn.pixel(2, 2));
        assertEquals(0x646464, image.pixel(20, 15));
    }

    @Test
    void contourIsLightInsideAndDarkOutsideTheBorder() {
        RgbImage drawn = Overlay.draw(grey(40, 30, 100), block(40, 30, 10, 10, 30, 20));
        for (int x = 11; x < 29; x++) {
            assertTrue((drawn.pixel(x, 10) & 0xff) > 230 && (drawn.pixel(x, 19) & 0xff) > 230);
            assertTrue((drawn.pixel(x, 9) & 0xff) < 70 && (drawn.pixel(x, 20) & 0xff) < 70);
        }
        assertTrue((drawn.pixel(10, 15) & 0xff) > 230 && (drawn.pixel(9, 15) & 0xff) < 70);
    }

    @Test
    void emptyMaskChangesNothingAndFullMaskHasNoContour() {
        RgbImage image = grey(20, 20, 80);
        assertArrayEquals(
                image.rgb(), Overlay.draw(image, new BinaryMask(20, 20)).rgb());
        RgbImage full = Overlay.draw(image, block(20, 20, 0, 0, 20, 20));
        assertEquals(full.pixel(10, 10), full.pixel(0, 0));
    }

    @Test
    void maskOfAnotherSizeIsRefused() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Overlay.draw(grey(4, 4, 0), new BinaryMask(4, 5)));
        assertEquals("overlay: expected a mask of 4x4, got 4x5", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "5, 5, 1", "6, 6, 1", "7, 6, 2", "10, 5, 2", "120, 5, 24", "130, 5, 24"})
    void sheetGrowsByRows(int frames, int columns, int rows) {
        ContactSheet sheet = new ContactSheet("clip", "test", 120);
        for (int i = 0; i < frames; i++) {
            sheet.add(frame(i, grey(120, 60, 90), 0.2), new BinaryMask(30, 15));
        }
        RgbImage image = sheet.render();
        int row = 26 + 60 + 5 + 64 + 22;
        assertEquals(Math.max(56 + columns * 120 + (columns - 1) * 10, 56 + 360), image.width());
        assertEquals(28 + 58 + rows * row + (rows - 1) * 22 + 28, image.height());
        assertArrayEquals(image.rgb(), sheet.render().rgb());
    }

    @Test
    void sheetShowsFrameMaskAndWaveform() {
        ContactSheet sheet = new ContactSheet("clip", "", 200);
        sheet.add(frame(0, grey(200, 100, 90), 0.4), block(100, 50, 25, 10, 75, 40)); // half the size of the frame
        RgbImage image = sheet.render();
        int top = 28 + 58 + 26;
        int tinted = image.pixel(28 + 100, top + 50);
        assertTrue((tinted >> 16) > (tinted & 0xff) + 60, Integer.toHexString(tinted));
        assertEquals(0x5a5a5a, image.pixel(28 + 5, top + 5));
        int middle = top + 100 + 5 + 32;
        assertEquals(0x1b4aa0, image.pixel(28 + 100, middle)); // the waveform's core
        int above = image.pixel(28 + 100, middle - 24); // near the peak
        assertEquals(0x2f6fde, above);
        assertThrows(IllegalStateException.class, () -> new ContactSheet("x", "").render());
    }

    @Test
    void everySizeAndTitleCanBeDrawn() {
        ContactSheet sheet =
                new ContactSheet("a very long name \u2014 ".repeat(20), "\u6f22\u5b57 \ud83d\udc36 ~|{}", 120);
        sheet.add(frame(0, grey(1, 1, 9), 0), new BinaryMask(1, 1));
        sheet.add(frame(1, grey(3, 1000, 9), 1), new BinaryMask(3, 1000));
        sheet.add(frame(2, grey(1000, 3, 9), 2), new BinaryMask(1000, 3));
        sheet.add(new ClipFrame(3, 3.5, grey(5, 5, 9), new float[0]), new BinaryMask(5, 5));
        Path file = folder.resolve("sheet.png");
        sheet.write(file);
        assertTrue(file.toFile().length() > 0);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 4})
    void overlayVideoHasEachFramesOwnSound(double rate) {
        Path file = folder.resolve("overlay.mp4");
        try (OverlayVideo video = new OverlayVideo(file, rate)) {
            for (int i = 0; i < 4 * rate; i++) {
                video.add(frame(i, grey(64, 48, 90), 0.4), block(64, 48, 10, 10, 40, 40));
            }
            video.finish();
        }
        VideoProbe probe = VideoProbe.of(file);
        assertEquals(4, probe.seconds(), 0.1);
        try (AudioSource sound = AudioSource.monoOfVideo(file, probe, 16_000, Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            sound.next();
            assertEquals(
                    20 * Math.log10(0.4 / Math.sqrt(2)),
                    Loudness.dbfs(sound.next().channel(0)),
                    0.3);
        }
        assertEquals(1, folder.toFile().list().length);
    }

    @Test
    void overlayVideoWithoutFramesIsRefusedAndLeavesNothing() {
        try (OverlayVideo video = new OverlayVideo(folder.resolve("x.mp4"), 1)) {
            assertThrows(IllegalStateException.class, video::finish);
        }
        assertEquals(0, folder.toFile().list().length);
    }
}
