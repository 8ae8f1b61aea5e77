package dev.earshot.segmentation.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.MediaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CocoRleTest {
    private static BinaryMask random(int width, int height, long seed, double share) {
        Random random = new Random(seed);
        BinaryMask mask = new BinaryMask(width, height);
        for (int i = 0; i < width * height; i++) {
            if (random.nextDouble() < share) {
                mask.set(i % width, i / width);
            }
        }
        return mask;
    }

    /** The example of pycocotools: 4 rows, 5 columns, rows 1-2 and columns 1-3 set. */
    @Test
    void knownMaskGivesTheRunsAndTextOfPycocotools() {
        BinaryMask mask = new BinaryMask(5, 4);
        for (int y = 1; y <= 2; y++) {
            for (int x = 1; x <= 3; x++) {
                mask.set(x, y);
            }
        }
        CocoRle rle = CocoRle.of(mask);
        assertArrayEquals(new int[] {5, 2, 2, 2, 2, 2, 5}, rle.counts());
        assertEquals("5220003", rle.compressed());
        assertEquals(6, rle.area());
        assertArrayEquals(new int[] {1, 1, 3, 2}, rle.boundingBox());
        assertEquals(rle, CocoRle.parse(4, 5, "5220003"));
        assertEquals(mask, rle.toMask());
    }

    @Test
    void firstPixelSetBeginsWithARunOfZero() {
        BinaryMask mask = new BinaryMask(2, 2);
        mask.set(0, 0);
        assertArrayEquals(new int[] {0, 1, 3}, CocoRle.of(mask).counts());
        assertEquals("013", CocoRle.of(mask).compressed());
    }

    @Test
    void emptyAndFullMasks() {
        CocoRle empty = CocoRle.of(new BinaryMask(7, 3));
        assertArrayEquals(new int[] {21}, empty.counts());
        assertEquals("e0", empty.compressed()); // 21 = 0b10101: the group's sign bit is set, so one more follows
        assertArrayEquals(new int[4], empty.boundingBox());
        CocoRle full = CocoRle.of(random(7, 3, 1, 2));
        assertArrayEquals(new int[] {0, 21}, full.counts());
        assertArrayEquals(new int[] {0, 0, 7, 3}, full.boundingBox());
    }

    @Test
    void randomMasksSurviveTheRoundTrip() {
        for (int seed = 0; seed < 300; seed++) {
            Random sizes = new Random(seed);
            int width = 1 + sizes.nextInt(90);
            int height = 1 + sizes.nextInt(70);
            BinaryMask mask = random(width, height, seed, sizes.nextDouble() * sizes.nextDouble());
            CocoRle rle = CocoRle.of(mask);
            assertEquals(mask, CocoRle.parse(height, width, rle.compressed()).toMask());
            assertEquals(mask.area(), rle.area());
            assertArrayEquals(box(mask), rle.boundingBox());
        }
    }

    @Test
    void runsAreThoseOfAWalkOverThePixels() {
        for (int seed = 0; seed < 300; seed++) {
            Random sizes = new Random(1000 + seed);
            int width = 1 + sizes.nextInt(200);
            int height = 1 + sizes.nextInt(200);
            BinaryMask mask = random(width, height, seed, sizes.nextDouble());
            assertArrayEquals(runs(mask), CocoRle.of(mask).counts(), width + " x " + height);
        }
    }

    /** A part at the left, right, upper and lower border, in the middle, of full height, of full width, and everything. */
    @Test
    void aPartIsEncodedAsIfThePictureWereClearAroundIt() {
        for (int seed = 0; seed < 300; seed++) {
            Random sizes = new Random(seed);
            int width = 1 + sizes.nextInt(80);
            int height = 1 + sizes.nextInt(80);
            int left = sizes.nextInt(3) == 0 ? 0 : sizes.nextInt(50);
            int top = sizes.nextInt(3) == 0 ? 0 : sizes.nextInt(50);
            int fullWidth = left + width + (sizes.nextInt(3) == 0 ? 0 : sizes.nextInt(50));
            int fullHeight = top + height + (sizes.nextInt(3) == 0 ? 0 : sizes.nextInt(50));
            BinaryMask part = random(width, height, seed, 0.3 + sizes.nextInt(3));
            BinaryMask full = new BinaryMask(fullWidth, fullHeight);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    if (part.get(x, y)) {
                        full.set(left + x, top + y);
                    }
                }
            }
            CocoRle rle = CocoRle.ofPart(part, left, top, fullWidth, fullHeight);
            assertArrayEquals(runs(full), rle.counts(), "seed " + seed);
            assertEquals(full, rle.toMask());
        }
        BinaryMask part = new BinaryMask(3, 2);
        assertThrows(IllegalArgumentException.class, () -> CocoRle.ofPart(part, 1, 0, 3, 2));
        assertThrows(IllegalArgumentException.class, () -> CocoRle.ofPart(part, 0, -1, 9, 9));
    }

    private static int[] runs(BinaryMask mask) {
        List<Integer> runs = new ArrayList<>(List.of(0));
        for (int x = 0; x < mask.width(); x++) {
            for (int y = 0; y < mask.height(); y++) {
                if (mask.get(x, y) != (runs.size() % 2 == 0)) {
                    runs.add(0);
                }
                runs.set(runs.size() - 1, runs.getLast() + 1);
            }
        }
        return runs.stream().mapToInt(n -> n).toArray();
    }

    private static int[] box(BinaryMask mask) {
        int left = Integer.MAX_VALUE;
        int top = Integer.MAX_VALUE;
        int right = -1;
        int bottom = -1;
        for (int y = 0; y < mask.height(); y++) {
            for (int x = 0; x < mask.width(); x++) {
                if (mask.get(x, y)) {
                    left = Math.min(left, x);
                    right = Math.max(right, x);
                    top = Math.min(top, y);
                    bottom = Math.max(bottom, y);
                }
            }
        }
        return right < 0 ? new int[4] : new int[] {left, top, right - left + 1, bottom - top + 1};
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "5", "522000", "52200033", "5220003\u00e9", "522000P", "oooooooooo0", " ", "P", "55555555"})
    void wrongTextIsANamedError(String text) {
        MediaException e = assertThrows(MediaException.class, () -> CocoRle.parse(4, 5, text));
        assertTrue(e.getMessage().startsWith("RLE text: expected "), e.getMessage());
    }

    @Test
    void randomTextIsReadOrRefusedByName() {
        Random random = new Random(5);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n > 0; n--) {
                text.append((char) (40 + random.nextInt(80)));
            }
            try {
                CocoRle.parse(4, 5, text.toString()).toMask();
                read++;
            } catch (MediaException e) {
                continue; // the other right answer
            }
        }
        assertTrue(read < 20_000);
    }
}
