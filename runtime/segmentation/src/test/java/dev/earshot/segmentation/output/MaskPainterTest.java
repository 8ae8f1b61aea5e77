package dev.earshot.segmentation.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import org.junit.jupiter.api.Test;

class MaskPainterTest {
    private static final int SIDE = 20;

    private static BinaryMask square(int from, int to) {
        BinaryMask mask = new BinaryMask(SIDE, SIDE);
        for (int y = from; y < to; y++) {
            for (int x = from; x < to; x++) {
                mask.set(x, y);
            }
        }
        return mask;
    }

    @Test
    void masksAreTintedInsideAndStrongerAtTheirBorder() {
        RgbImage picture = RgbImage.black(SIDE, SIDE);
        RgbImage drawn = new MaskPainter(picture).mask(square(4, 12)).image();
        assertEquals(0, drawn.pixel(3, 8), "outside");
        int red = MaskPainter.colour(0) >> 16;
        assertEquals(Math.round(0.45 * red), drawn.pixel(8, 8) >> 16, "inside");
        assertEquals(Math.round(0.9 * red), drawn.pixel(4, 8) >> 16, "border");
        assertEquals(Math.round(0.9 * red), drawn.pixel(8, 11) >> 16, "border");
        assertArrayEquals(new byte[3 * SIDE * SIDE], picture.rgb(), "the picture itself stays");
    }

    @Test
    void thePicturesEdgeIsNoBorder() {
        RgbImage drawn = new MaskPainter(RgbImage.black(SIDE, SIDE))
                .mask(square(0, SIDE))
                .image();
        assertEquals(drawn.pixel(10, 10), drawn.pixel(0, 0));
    }

    @Test
    void eachMaskHasItsColour() {
        for (int a = 0; a < 30; a++) {
            for (int b = 0; b < a; b++) {
                assertNotEquals(MaskPainter.colour(a), MaskPainter.colour(b), a + " and " + b);
            }
        }
        RgbImage drawn = new MaskPainter(RgbImage.black(SIDE, SIDE))
                .mask(square(0, 8))
                .mask(square(10, 18))
                .image();
        assertNotEquals(drawn.pixel(3, 3), drawn.pixel(13, 13));
    }

    @Test
    void promptsAreDrawn() {
        RgbImage drawn = new MaskPainter(RgbImage.black(60, 60))
                .point(15, 15, true)
                .point(45, 15, false)
                .box(10, 30, 50, 50)
                .image();
        assertTrue((drawn.pixel(15, 15) >> 8 & 255) > 150, "green");
        assertTrue((drawn.pixel(45, 15) >> 16 & 255) > 200, "red");
        assertNotEquals(0, drawn.pixel(30, 30));
        assertEquals(0, drawn.pixel(30, 40));
        assertThrows(IllegalArgumentException.class, () -> new MaskPainter(RgbImage.black(5, 5)).mask(square(0, 2)));
    }
}
