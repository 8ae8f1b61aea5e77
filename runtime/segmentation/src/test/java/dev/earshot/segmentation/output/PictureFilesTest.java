package dev.earshot.segmentation.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureFilesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"1, 1", "17, 9", "640, 361"})
    void colourPngIsReadByTheJdkAndByUs(int width, int height) throws IOException {
        RgbImage image = RgbImage.black(width, height);
        new Random(4).nextBytes(image.rgb());
        Path file = folder.resolve("x.png");
        PngFiles.write(file, image);
        BufferedImage peer = ImageIO.read(file.toFile());
        for (int i = 0; i < width * height; i++) {
            assertEquals(image.pixel(i % width, i / width), peer.getRGB(i % width, i / width) & 0xffffff);
        }
        assertArrayEquals(image.rgb(), ImageFiles.read(file).rgb());
    }

    /** Smooth colours survive; the JDK reads what we read. */
    @Test
    void jpegIsReadByTheJdkAndByUs() throws IOException {
        RgbImage image = RgbImage.black(61, 43);
        for (int i = 0; i < 61 * 43; i++) {
            image.setPixel(i % 61, i / 61, 4 * (i % 61) << 16 | 5 * (i / 61) << 8 | 0x40);
        }
        Path file = folder.resolve("deep/x.jpg");
        JpegFiles.write(file, image, 0.95f);
        BufferedImage peer = ImageIO.read(file.toFile());
        RgbImage ours = ImageFiles.read(file);
        for (int i = 0; i < 61 * 43; i++) {
            for (int shift = 0; shift < 24; shift += 8) {
                int written = image.pixel(i % 61, i / 61) >> shift & 0xff;
                assertEquals(written, peer.getRGB(i % 61, i / 61) >> shift & 0xff, 12);
                assertEquals(written, ours.pixel(i % 61, i / 61) >> shift & 0xff, 12);
            }
        }
    }

    @Test
    void gridShowsEveryPictureInItsRowAndFrame() {
        RgbImage red = RgbImage.black(40, 20);
        for (int i = 0; i < 40 * 20; i++) {
            red.setPixel(i % 40, i / 40, 0xff0000);
        }
        PictureGrid grid = new PictureGrid("title", "subtitle", 100);
        assertThrows(IllegalStateException.class, () -> grid.add(red, "too", "early"));
        grid.row("first", 0x0000ff).add(red, "a", "b").add(red, "c", "d");
        grid.row("second", 0x00ff00).add(red, "e", "a very long caption that does not fit below its picture");
        RgbImage image = grid.render();
        int reds = 0;
        int blues = 0;
        int greens = 0;
        for (int i = 0; i < image.width() * image.height(); i++) {
            int pixel = image.pixel(i % image.width(), i / image.width());
            reds += pixel == 0xff0000 ? 1 : 0;
            blues += pixel == 0x0000ff ? 1 : 0;
            greens += pixel == 0x00ff00 ? 1 : 0;
        }
        assertEquals(3 * 100 * 50, reds); // fitted into squares of 100
        assertEquals(2 * (106 * 106 - 100 * 100), blues);
        assertEquals(106 * 106 - 100 * 100, greens);
    }

    @Test
    void maskIsAnEightBitSingleChannelPngOfTwoLevels() throws IOException {
        BinaryMask mask = new BinaryMask(13, 7);
        mask.set(0, 0);
        mask.set(12, 6);
        mask.set(5, 3);
        Path file = folder.resolve("sub/m.png");
        MaskPng.write(file, mask);
        BufferedImage peer = ImageIO.read(file.toFile());
        assertEquals(1, peer.getRaster().getNumBands());
        assertEquals(8, peer.getColorModel().getPixelSize());
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 13; x++) {
                assertEquals(mask.get(x, y) ? 255 : 0, peer.getRaster().getSample(x, y, 0));
            }
        }
        assertEquals(mask, MaskPng.read(file));
    }

    @Test
    void maskOfOneBitIsReadToo() throws IOException {
        BufferedImage image = new BufferedImage(9, 5, BufferedImage.TYPE_BYTE_BINARY);
        image.setRGB(8, 4, 0xffffff);
        Path file = folder.resolve("one.png");
        ImageIO.write(image, "png", file.toFile());
        BinaryMask mask = MaskPng.read(file);
        assertEquals(1, mask.area());
        assertTrue(mask.get(8, 4));
    }

    @Test
    void samePixelsGiveTheSameBytes() throws IOException {
        RgbImage image = RgbImage.black(50, 40);
        new Random(5).nextBytes(image.rgb());
        PngFiles.write(folder.resolve("a.png"), image);
        PngFiles.write(folder.resolve("b.png"), image);
        assertEquals(-1, Files.mismatch(folder.resolve("a.png"), folder.resolve("b.png")));
    }

    @Test
    void failureLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("kept.txt");
        Files.writeString(file, "old");
        assertThrows(
                UncheckedIOException.class,
                () -> AtomicFiles.write(file, out -> {
                    out.write(1);
                    throw new IOException("disk full");
                }));
        assertEquals("old", Files.readString(file));
        assertEquals(1, folder.toFile().list().length);
        AtomicFiles.write(file, out -> out.write('n'));
        assertEquals("n", Files.readString(file));
    }

    @ParameterizedTest
    @CsvSource({
        "a b/c\\d, a_b_c_d",
        "../../etc, _._.._etc",
        ".hidden, _hidden",
        "..., _..",
        "Plain-Name_1.mp4, Plain-Name_1.mp4",
        "für, f_r",
        "'', _"
    })
    void namesAreMadeSafe(String text, String expected) {
        assertEquals(expected, AtomicFiles.safeName(text));
        assertFalse(AtomicFiles.safeName(text).startsWith("."));
        assertTrue(AtomicFiles.safeName(text).matches("[A-Za-z0-9._-]+"));
    }

    @Test
    void longNamesAreCut() {
        assertEquals(120, AtomicFiles.safeName("x".repeat(500)).length());
    }
}
