package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.MaskResize;
import org.junit.jupiter.api.Test;

class SamTransformTest {
    private static SamTransform.Geometry geometry(int side, int width, int height) {
        return new SamTransform(side).geometry(width, height);
    }

    /** By hand: 1024 / 1200 = 0.8533..., 800 * that = 682.67. */
    @Test
    void theLongestSideFillsTheFrame() {
        assertEquals(new SamTransform.Geometry(1200, 800, 1024, 683, 1024), geometry(1024, 1200, 800));
        assertEquals(new SamTransform.Geometry(800, 1200, 683, 1024, 1024), geometry(1024, 800, 1200));
        assertEquals(new SamTransform.Geometry(224, 224, 1024, 1024, 1024), geometry(1024, 224, 224));
        assertEquals(new SamTransform.Geometry(3, 2, 112, 75, 112), geometry(112, 3, 2)); // 74.67
        assertEquals(
                new MaskResize(1024, 1024, 683, 1024, 800, 1200),
                geometry(1024, 1200, 800).maskResize());
    }

    @Test
    void oneHalfIsRoundedUp() {
        assertEquals(3, geometry(5, 10, 5).insetHeight()); // 2.5
    }

    @Test
    void aSideNeverShrinksToNothing() {
        assertEquals(new SamTransform.Geometry(20_000, 1, 1024, 1, 1024), geometry(1024, 20_000, 1));
        assertEquals(new SamTransform.Geometry(1, 1, 64, 64, 64), geometry(64, 1, 1));
    }

    @Test
    void promptsAreScaledPerAxisInDoublePrecision() {
        SamTransform.Geometry g = geometry(1024, 1200, 800);
        float[] expected = {(float) (500 * (1024.0 / 1200)), (float) (375.25 * (683.0 / 800)), 0, 0, 1024, 683};
        assertArrayEquals(expected, g.toFrame(new double[] {500, 375.25, 0, 0, 1200, 800}));
    }

    @Test
    void paddingIsZeroAfterNormalising() {
        RgbImage image = new RgbImage(2, 1, new byte[] {0, 0, 0, (byte) 255, (byte) 255, (byte) 255});
        float[] values = new SamTransform(2).apply(image).toFloats();
        float[] mean = {123.675f, 116.28f, 103.53f};
        float[] std = {58.395f, 57.12f, 57.375f};
        for (int c = 0; c < 3; c++) {
            float[] plane = {-mean[c] / std[c], (255 - mean[c]) / std[c], 0, 0};
            for (int i = 0; i < 4; i++) {
                assertEquals(plane[i], values[4 * c + i]);
            }
        }
    }

    @Test
    void impossibleSizesAndStatisticsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new SamTransform(0));
        SamTransform fine = new SamTransform(8);
        assertThrows(
                IllegalArgumentException.class,
                () -> new SamTransform(
                        8, fine.mean(), new dev.earshot.segmentation.image.ImagePreprocess.PerChannel(1, 0, 1)));
    }
}
