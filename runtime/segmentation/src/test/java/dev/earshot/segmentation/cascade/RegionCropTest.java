package dev.earshot.segmentation.cascade;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.RgbImage;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RegionCropTest {
    private static final int W = 40;
    private static final int H = 30;

    /** Every pixel says where it is. */
    private static RgbImage frame() {
        RgbImage frame = RgbImage.black(W, H);
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                frame.setPixel(x, y, x << 16 | y << 8 | 200);
            }
        }
        return frame;
    }

    private static BinaryMask mask(int left, int top, int right, int bottom) {
        BinaryMask mask = new BinaryMask(W, H);
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                mask.set(x, y);
            }
        }
        return mask;
    }

    private static RegionCrop crop(CropMode mode, double margin, boolean masked) {
        return new RegionCrop(mode, margin, masked);
    }

    @Test
    void rectanglesAreRoundedOutwardsAndCutAtTheBorder() {
        RegionCrop crop = RegionCrop.DEFAULT;
        assertEquals(Optional.of(new PixelBox(3, 4, 10, 9)), crop.rectangle(3.9, 4, 9.1, 9, W, H));
        assertEquals(Optional.of(new PixelBox(0, 0, W, H)), crop.rectangle(-5, -0.5, 99, 30.2, W, H));
        assertEquals(Optional.of(new PixelBox(3, 4, 5, 6)), crop.rectangle(3.5, 4.5, 4.5, 5.5, W, H));
        assertEquals(Optional.empty(), crop.rectangle(3, 4, 4, 9, W, H));
        assertEquals(Optional.empty(), crop.rectangle(50, 4, 60, 9, W, H));
    }

    @Test
    void marginsGrowTheBoxOnBothSidesBeforeTheBorderCutsIt() {
        RegionCrop crop = crop(CropMode.IMAGEBIND, 0.5, false);
        assertEquals(Optional.of(new PixelBox(10, 2, 25, 11)), crop.rectangle(12.5, 4, 22.5, 9.5, W, H));
        assertEquals(Optional.of(new PixelBox(0, 0, 12, 12)), crop.rectangle(0, 0, 9, 9, W, H));
        // One pixel wide is too narrow, but not with a margin.
        assertEquals(Optional.of(new PixelBox(2, 2, 5, 12)), crop.rectangle(3, 4, 4, 10, W, H));
    }

    @Test
    void theRectangleOfAMaskHoldsItsPixels() {
        assertEquals(Optional.of(new PixelBox(3, 5, 9, 7)), RegionCrop.DEFAULT.rectangle(mask(3, 5, 9, 7)));
        assertEquals(Optional.empty(), RegionCrop.DEFAULT.rectangle(mask(3, 5, 3, 5)));
        assertEquals(Optional.empty(), RegionCrop.DEFAULT.rectangle(mask(3, 5, 9, 6)), "one row");
    }

    @Test
    void theCutShowsWhatIsInTheBox() {
        PixelBox box = new PixelBox(5, 8, 11, 10);
        RgbImage part = RegionCrop.DEFAULT.cut(frame(), box, mask(5, 8, 6, 9));
        assertEquals(6, part.width());
        assertEquals(2, part.height());
        assertEquals(5 << 16 | 8 << 8 | 200, part.pixel(0, 0));
        assertEquals(10 << 16 | 9 << 8 | 200, part.pixel(5, 1));
    }

    @Test
    void outsideTheMaskIsTheMeanColour() {
        RgbImage part = crop(CropMode.IMAGEBIND, 0, true).cut(frame(), new PixelBox(5, 8, 11, 10), mask(5, 8, 6, 9));
        assertEquals(5 << 16 | 8 << 8 | 200, part.pixel(0, 0));
        // ImageBind's mean, 0.48145466, 0.4578275 and 0.40821073, times 255
        assertEquals(123 << 16 | 117 << 8 | 104, part.pixel(1, 0));
        assertEquals(123 << 16 | 117 << 8 | 104, part.pixel(0, 1));
    }

    @Test
    void paddingPutsThePartIntoTheMiddleOfASquare() {
        RgbImage part = crop(CropMode.PAD, 0, false).cut(frame(), new PixelBox(5, 8, 12, 10), mask(5, 8, 12, 10));
        assertEquals(7, part.width());
        assertEquals(7, part.height());
        assertEquals(RegionCrop.MEAN_COLOUR, part.pixel(0, 1));
        assertEquals(5 << 16 | 8 << 8 | 200, part.pixel(0, 2));
        assertEquals(11 << 16 | 9 << 8 | 200, part.pixel(6, 3));
        assertEquals(RegionCrop.MEAN_COLOUR, part.pixel(0, 4));
    }

    @Test
    void modesAreImageBindsPreprocessingAndAStretch() {
        PixelBox box = new PixelBox(2, 8, 34, 20);
        BinaryMask mask = mask(2, 8, 34, 20);
        RgbImage part = RegionCrop.DEFAULT.cut(frame(), box, mask);
        float[] published = crop(CropMode.IMAGEBIND, 0, false).prepare(frame(), box, mask, 224);
        float[] stretched = crop(CropMode.STRETCH, 0, false).prepare(frame(), box, mask, 224);
        float[] padded = crop(CropMode.PAD, 0, false).prepare(frame(), box, mask, 224);

        assertArrayEquals(ImagePreprocess.IMAGEBIND.apply(part), published, 0);
        assertArrayEquals(ImagePreprocess.MOCA.apply(part), stretched, 0);
        // Red is the column: the stretch shows the box's two ends, the centre crop does not.
        int row = 112 * 224;
        assertTrue(stretched[row] < published[row] && published[row + 223] < stretched[row + 223]);
        assertEquals(0, padded[0], 0.01, "mean colour at the top");
        assertEquals(stretched[row], padded[row], 0.05, "the box in the middle");
    }

    @Test
    void marginsAreFractions() {
        assertThrows(IllegalArgumentException.class, () -> crop(CropMode.PAD, -0.1, false));
        assertThrows(IllegalArgumentException.class, () -> crop(CropMode.PAD, Double.NaN, false));
    }
}
