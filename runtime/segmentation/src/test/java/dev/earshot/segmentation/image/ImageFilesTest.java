package dev.earshot.segmentation.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.MediaException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The peer is the JDK's own ImageIO, whose writers and readers share no code with ours. */
class ImageFilesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(SamplePng.class)
    void pngOfEveryKindEqualsTheJdksReading(SamplePng kind) throws IOException {
        for (boolean interlaced : new boolean[] {false, true}) {
            for (int width : new int[] {1, 2, 5, 33}) {
                BufferedImage image = kind.image(width, 19);
                RgbImage got = decode(Samples.png(image, interlaced));
                assertEquals(width, got.width());
                assertEquals(19, got.height());
                assertArrayEquals(kind.expected(image), got.rgb(), kind + " " + width + " " + interlaced);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SamplePng.class)
    void storedPicturesKeepPaletteNumbers(SamplePng kind) throws IOException {
        BufferedImage image = kind.image(9, 7);
        Path file = folder.resolve("stored.png");
        Files.write(file, Samples.png(image, false));
        StoredImage got = ImageFiles.readStored(file);
        boolean indexed = image.getColorModel() instanceof java.awt.image.IndexColorModel;
        assertEquals(indexed, got.indexed());
        for (int i = 0; i < 9 * 7; i++) {
            int number = image.getRaster().getSample(i % 9, i / 9, 0);
            int expected = indexed ? number * 0x010101 : ImageFiles.read(file).pixel(i % 9, i / 9);
            assertEquals(expected, got.pixels().pixel(i % 9, i / 9), "pixel " + i);
        }
    }

    @Test
    void jpegEqualsTheJdksReading() throws IOException {
        byte[] file = Samples.jpeg(SamplePng.RGB.image(33, 19));
        assertArrayEquals(Samples.rgb(Samples.jdkRead(file)), decode(file).rgb());
    }

    @Test
    void greyJpegIsRepeatedThreeTimes() throws IOException {
        byte[] file = Samples.jpeg(SamplePng.GREY8.image(16, 16));
        BufferedImage peer = Samples.jdkRead(file);
        RgbImage got = decode(file);
        for (int i = 0; i < 256; i++) {
            int grey = peer.getRaster().getSample(i % 16, i / 16, 0);
            assertEquals(grey * 0x010101, got.pixel(i % 16, i / 16));
        }
    }

    @Test
    void cmykJpegIsConvertedAsPillowDoes() throws IOException {
        // Plain CMYK without Adobe's marker: cyan at half strength, no other ink, black at a fifth.
        byte[] file = Samples.cmykJpeg(16, 16, 128, 0, 0, 51);
        assertEquals(0x66cccc, decode(file).pixel(8, 8)); // 204 - 204 * 128 / 255 = 102
    }

    @Test
    void exifOrientationTurnsThePictureUpright() throws IOException {
        // A left half of white and a right half of black, stored in eight ways.
        String[] white = {"left", "right", "right", "left", "top", "top", "bottom", "bottom"};
        BufferedImage image = new BufferedImage(32, 16, BufferedImage.TYPE_INT_RGB);
        image.createGraphics().fillRect(0, 0, 16, 16);
        byte[] file = Samples.jpeg(image);
        for (int orientation = 1; orientation <= 8; orientation++) {
            for (boolean little : new boolean[] {false, true}) {
                RgbImage got = decode(Samples.withOrientation(file, orientation, little));
                boolean turned = orientation >= 5;
                assertEquals(turned ? 16 : 32, got.width());
                int x = turned ? 8 : white[orientation - 1].equals("left") ? 4 : 28;
                int y = !turned ? 8 : white[orientation - 1].equals("top") ? 4 : 28;
                assertTrue((got.pixel(x, y) & 0xff) > 200, "orientation " + orientation);
                assertTrue((got.pixel(got.width() - 1 - x, got.height() - 1 - y) & 0xff) < 50);
            }
        }
    }

    @Test
    void sizeIsRefusedBeforeAnyPixelIsRead() throws IOException {
        byte[] png = Samples.png(SamplePng.RGB.image(8, 8), false);
        Samples.putInt(png, 16, 16_384);
        Samples.putInt(png, 20, 16_384);
        Samples.repairPng(png);
        assertMessage(png, "x.png size: expected at most 32768 a side and 178000000 pixels, got 16384x16384");
        byte[] jpeg = Samples.jpeg(SamplePng.RGB.image(8, 8));
        int frame = Samples.indexOf(jpeg, 0xff, 0xc0);
        jpeg[frame + 5] = (byte) 0xff;
        jpeg[frame + 7] = (byte) 0xff;
        assertMessage(jpeg, "x.png size: expected at most 32768 a side");
    }

    @Test
    void longThinPicturesAreRead() throws IOException {
        BufferedImage image = SamplePng.RGB.image(20_000, 3);
        RgbImage got = decode(Samples.png(image, false));
        assertArrayEquals(SamplePng.RGB.expected(image), got.rgb());
    }

    @Test
    void pngThatCannotInflateToItsSizeIsRefusedBeforeAllocating() throws IOException {
        byte[] png = Samples.png(SamplePng.RGB.image(8, 8), false);
        Samples.putInt(png, 16, 13_000);
        Samples.putInt(png, 20, 13_000);
        Samples.repairPng(png);
        assertMessage(png, "x.png data: expected enough for 13000x13000");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 20, 32, 33, 40, 60, 100})
    void truncatedFilesAreNamedErrors(int length) throws IOException {
        byte[] png = Samples.png(SamplePng.RGB.image(40, 40), false);
        byte[] jpeg = Samples.jpeg(SamplePng.RGB.image(40, 40));
        assertThrows(MediaException.class, () -> decode(Arrays.copyOf(png, length)));
        assertThrows(MediaException.class, () -> decode(Arrays.copyOf(jpeg, length)));
        assertThrows(MediaException.class, () -> decode(Arrays.copyOf(jpeg, jpeg.length - length - 2)));
        assertThrows(MediaException.class, () -> decode(Arrays.copyOf(png, png.length - length - 1)));
    }

    @Test
    void damagedChecksumIsANamedError() throws IOException {
        byte[] png = Samples.png(SamplePng.RGB.image(8, 8), false);
        png[Samples.indexOf(png, 'I', 'D', 'A', 'T') + 6] ^= 1;
        assertMessage(png, "its checksum, got another");
    }

    @Test
    void otherFilesAreNamedErrors() throws IOException {
        assertMessage(new byte[0], "x.png: expected a PNG or JPEG file, got an empty file");
        assertMessage("GIF89a..".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "47 49 46 38 39 61 2e 2e");
        Path missing = folder.resolve("none.png");
        assertThrows(UncheckedIOException.class, () -> ImageFiles.read(missing));
    }

    @Test
    void fileIsJudgedByItsContentAndNotByItsName() throws IOException {
        Path file = folder.resolve("picture.jpg");
        Files.write(file, Samples.png(SamplePng.RGB.image(3, 2), false));
        assertEquals(3, ImageFiles.read(file).width());
        ImageLimits tiny = new ImageLimits(100, 100, 10);
        assertThrows(MediaException.class, () -> ImageFiles.read(file, tiny));
    }

    private static RgbImage decode(byte[] file) {
        return ImageFiles.decode(file, "x.png", ImageLimits.DEFAULT);
    }

    private static void assertMessage(byte[] file, String part) {
        MediaException e = assertThrows(MediaException.class, () -> decode(file));
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
