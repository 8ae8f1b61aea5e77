package dev.earshot.segmentation.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.segmentation.image.ImagePreprocess.Resize;
import org.junit.jupiter.api.Test;

class ImagePreprocessTest {
    private static ImagePreprocess withSides(int shortSide, int crop) {
        return new ImagePreprocess(
                new Resize.ShortSide(shortSide),
                crop,
                Filter.BICUBIC,
                ImagePreprocess.DINO.mean(),
                ImagePreprocess.DINO.std());
    }

    @Test
    void shortSideKeepsTheAspectAndRoundsDown() {
        var g = withSides(37, 0).geometry(131, 97);
        assertEquals(49, g.resizedWidth());
        assertEquals(37, g.resizedHeight());
        var square = ImagePreprocess.IMAGEBIND.geometry(256, 255);
        assertEquals(224, square.resizedWidth());
        assertEquals(224, square.resizedHeight());
    }

    @Test
    void imageOfTheRightShortSideIsNotTouched() {
        RgbImage image = RgbImage.black(300, 224);
        assertSame(image, ImagePreprocess.IMAGEBIND.resized(image));
    }

    @Test
    void cropStartsRoundHalvesToTheEvenPixel() {
        int[] sizes = {224, 225, 227, 229, 231};
        int[] starts = {0, 0, 2, 2, 4}; // Python: round(0.5) = 0, round(1.5) = 2, round(2.5) = 2, round(3.5) = 4
        for (int i = 0; i < sizes.length; i++) {
            assertEquals(starts[i], withSides(224, 224).geometry(sizes[i], 224).left());
        }
    }

    @Test
    void imageSmallerThanTheCropIsPaddedWithBlack() {
        RgbImage image = RgbImage.black(2, 3);
        image.setPixel(0, 0, 0xffffff);
        ImagePreprocess pad = new ImagePreprocess(
                new Resize.Keep(), 5, Filter.BILINEAR, ImagePreprocess.DINO.mean(), ImagePreprocess.DINO.std());
        RgbImage out = pad.cropped(image);
        assertEquals(0xffffff, out.pixel(1, 1)); // left floor(3 / 2), top floor(2 / 2)
        long white = 0;
        for (byte b : out.rgb()) {
            white += b & 0xff;
        }
        assertEquals(3 * 255, white);
    }

    @Test
    void valuesAreNormalisedPerChannelInPlanes() {
        RgbImage image = RgbImage.black(2, 1);
        image.setPixel(1, 0, 0xff8000);
        float[] values = ImagePreprocess.DINO_HF.normalised(image);
        assertArrayEquals(new float[] {-1, 1, -1, 128 / 255f * 2 - 1, -1, -1}, values, 1e-6f);
    }

    @Test
    void cropPixelsMapBackToTheirSource() {
        var g = ImagePreprocess.IMAGEBIND.geometry(640, 448); // scaled by one half, cropped at the sides
        assertEquals(48, g.left());
        assertEquals(96.5, g.sourceX(0));
        assertEquals(0.5, g.sourceY(0));
        var whole = ImagePreprocess.MOCA.geometry(448, 896);
        assertEquals(0.5, whole.sourceX(0));
        assertEquals(1.5, whole.sourceY(0));
    }

    @Test
    void mocaEqualsImageBindOnSquareFrames() {
        RgbImage image = RgbImage.black(300, 300);
        for (int i = 0; i < image.rgb().length; i++) {
            image.rgb()[i] = (byte) (i * i >> 3);
        }
        assertArrayEquals(ImagePreprocess.IMAGEBIND.apply(image), ImagePreprocess.MOCA.apply(image));
    }

    @Test
    void nonsenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> withSides(0, 224));
        assertThrows(IllegalArgumentException.class, () -> withSides(224, -1));
    }
}
