package dev.earshot.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BinaryMaskTest {
    @Test
    void pixelsSurviveTheWayToBytesAndBack() {
        byte[] pixels = new byte[13 * 11];
        for (int i = 0; i < pixels.length; i += 3) {
            pixels[i] = (byte) 200;
        }
        BinaryMask mask = BinaryMask.of(13, 11, pixels);

        byte[] back = mask.toBytes((byte) 200);

        assertArrayEquals(pixels, back);
        assertEquals((pixels.length + 2) / 3, mask.area());
        assertTrue(mask.get(6, 0));
        assertFalse(mask.get(7, 0));
    }

    @Test
    void intersectionOverUnionOfOverlappingBars() {
        BinaryMask a = bar(0, 6);
        BinaryMask b = bar(4, 10);

        assertEquals(2.0 / 10, a.iou(b));
        assertEquals(0, new BinaryMask(10, 1).iou(new BinaryMask(10, 1)));
        a.add(b);
        assertEquals(10, a.area());
    }

    @Test
    void differentSizesAndPositionsOutsideAreRefused() {
        BinaryMask mask = new BinaryMask(4, 3);
        assertThrows(IllegalArgumentException.class, () -> mask.iou(new BinaryMask(3, 4)));
        assertThrows(IndexOutOfBoundsException.class, () -> mask.get(4, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> mask.set(0, -1));
        assertThrows(IllegalArgumentException.class, () -> new BinaryMask(0, 3));
    }

    private static BinaryMask bar(int from, int to) {
        BinaryMask mask = new BinaryMask(10, 1);
        for (int x = from; x < to; x++) {
            mask.set(x, 0);
        }
        return mask;
    }

    @Test
    void boundsAreTheExtremesOfTheSetPixels() {
        BinaryMask mask = new BinaryMask(67, 9);
        assertTrue(mask.bounds().isEmpty());
        mask.set(66, 8);
        assertEquals(new PixelBox(66, 8, 67, 9), mask.bounds().orElseThrow());
        mask.set(40, 2);
        mask.set(3, 5);
        assertEquals(new PixelBox(3, 2, 67, 9), mask.bounds().orElseThrow());
        assertThrows(IllegalArgumentException.class, () -> new PixelBox(4, 0, 4, 1));
    }

    @Test
    void packedBitsAreTakenAndGivenBack() {
        long[] words = {1L << 63 | 2, 1};
        BinaryMask mask = BinaryMask.ofWords(11, 6, words);
        assertTrue(mask.get(1, 0) && mask.get(63 % 11, 63 / 11) && mask.get(64 % 11, 64 / 11));
        assertEquals(3, mask.area());
        assertEquals(1L << 63 | 2, mask.word(0));
    }

    @Test
    void packedBitsOfAnotherSizeOrBehindTheLastPixelAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> BinaryMask.ofWords(11, 6, new long[1]));
        assertThrows(IllegalArgumentException.class, () -> BinaryMask.ofWords(0, 6, new long[0]));
        assertThrows(IllegalArgumentException.class, () -> BinaryMask.ofWords(11, 6, new long[] {0, 4}));
        assertEquals(64, BinaryMask.ofWords(8, 8, new long[] {-1}).area());
    }

    @Test
    void runsEndWhereThePixelsChange() {
        Random random = new Random(3);
        for (int seed = 0; seed < 200; seed++) {
            int width = 1 + random.nextInt(150);
            int height = 1 + random.nextInt(6);
            BinaryMask mask = new BinaryMask(width, height);
            double share = random.nextInt(5) / 4.0;
            for (int i = 0; i < width * height; i++) {
                if (random.nextDouble() < share) {
                    mask.set(i % width, i / width);
                }
            }
            for (int i = 0; i < width * height; i++) {
                int end = i % width;
                while (end < width && mask.get(end, i / width) == mask.get(i % width, i / width)) {
                    end++;
                }
                assertEquals(end, mask.runEnd(i % width, i / width));
            }
        }
    }

    @Test
    void aRunSetsItsPixelsAndNoOthers() {
        int width = 150;
        for (int[] run : new int[][] {{0, 0}, {0, 1}, {3, 64}, {60, 70}, {5, 150}, {149, 150}, {0, 150}, {64, 128}}) {
            BinaryMask mask = new BinaryMask(width, 3);
            BinaryMask expected = new BinaryMask(width, 3);
            mask.setRun(1, run[0], run[1]);
            for (int x = run[0]; x < run[1]; x++) {
                expected.set(x, 1);
            }
            assertEquals(expected, mask, run[0] + " to " + run[1]);
        }
        assertThrows(IndexOutOfBoundsException.class, () -> new BinaryMask(width, 3).setRun(0, 0, 151));
    }
}
