package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SmallRegionsTest {
    private static BinaryMask picture(String... rows) {
        BinaryMask mask = new BinaryMask(rows[0].length(), rows.length);
        for (int y = 0; y < rows.length; y++) {
            for (int x = 0; x < rows[y].length(); x++) {
                if (rows[y].charAt(x) == '#') {
                    mask.set(x, y);
                }
            }
        }
        return mask;
    }

    /** Regions by walking from pixel to pixel over eight neighbours, in the order of their first block of 2 x 2 pixels. */
    private static List<List<int[]>> regions(BinaryMask mask, boolean set) {
        boolean[][] seen = new boolean[mask.height()][mask.width()];
        List<List<int[]>> regions = new ArrayList<>();
        for (int y = 0; y < mask.height(); y++) {
            for (int x = 0; x < mask.width(); x++) {
                if (!seen[y][x] && mask.get(x, y) == set) {
                    regions.add(walk(mask, set, seen, x, y));
                }
            }
        }
        regions.sort(Comparator.comparingLong(region -> region.stream()
                .mapToLong(p -> (p[1] / 2) * 1_000_000L + p[0] / 2)
                .min()
                .orElseThrow()));
        return regions;
    }

    private static List<int[]> walk(BinaryMask mask, boolean set, boolean[][] seen, int fromX, int fromY) {
        List<int[]> region = new ArrayList<>();
        Deque<int[]> open = new ArrayDeque<>(List.of(new int[] {fromX, fromY}));
        seen[fromY][fromX] = true;
        while (!open.isEmpty()) {
            int[] p = open.pop();
            region.add(p);
            for (int y = Math.max(0, p[1] - 1); y <= Math.min(mask.height() - 1, p[1] + 1); y++) {
                for (int x = Math.max(0, p[0] - 1); x <= Math.min(mask.width() - 1, p[0] + 1); x++) {
                    if (!seen[y][x] && mask.get(x, y) == set) {
                        seen[y][x] = true;
                        open.push(new int[] {x, y});
                    }
                }
            }
        }
        return region;
    }

    private static SmallRegions.Cleaned naive(BinaryMask mask, long leastArea) {
        BinaryMask filled = new BinaryMask(mask.width(), mask.height());
        filled.add(mask);
        boolean changed = false;
        for (List<int[]> hole : regions(mask, false)) {
            if (hole.size() < leastArea) {
                changed = true;
                hole.forEach(p -> filled.set(p[0], p[1]));
            }
        }
        List<List<int[]>> islands = regions(filled, true);
        List<List<int[]>> large =
                islands.stream().filter(i -> i.size() >= leastArea).toList();
        if (large.size() == islands.size()) {
            return new SmallRegions.Cleaned(filled, changed);
        }
        if (large.isEmpty()) {
            int most = islands.stream().mapToInt(List::size).max().orElseThrow();
            large = islands.stream().filter(i -> i.size() == most).limit(1).toList();
        }
        BinaryMask kept = new BinaryMask(mask.width(), mask.height());
        large.forEach(island -> island.forEach(p -> kept.set(p[0], p[1])));
        return new SmallRegions.Cleaned(kept, true);
    }

    @Test
    void randomMasksMatchAWalkOverTheirPixels() {
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            BinaryMask mask = new BinaryMask(1 + random.nextInt(80), 1 + random.nextInt(20));
            double share = new double[] {0.05, 0.2, 0.5, 0.8, 0.97}[random.nextInt(5)];
            for (int y = 0; y < mask.height(); y++) {
                for (int x = 0; x < mask.width(); x++) {
                    if (random.nextDouble() < share) {
                        mask.set(x, y);
                    }
                }
            }
            for (int area : new int[] {1, 2, 5, 30, 2000}) {
                SmallRegions.Cleaned expected = naive(mask, area);
                SmallRegions.Cleaned got = SmallRegions.clean(mask, area);
                assertEquals(expected.mask(), got.mask(), "seed " + seed + ", area " + area);
                assertEquals(expected.changed(), got.changed(), "seed " + seed + ", area " + area);
            }
        }
    }

    @Test
    void diagonalNeighboursHangTogether() {
        BinaryMask diagonal = picture("#....", ".#...", "..#..", ".....", "....#");
        assertEquals(
                picture("#....", ".#...", "..#..", ".....", "....."),
                SmallRegions.clean(diagonal, 2).mask());
    }

    /** Checked with OpenCV, connectedComponentsWithStats: the lower left one lies in the block that comes first. */
    @Test
    void ofEquallySmallIslandsTheFirstByBlocksStays() {
        BinaryMask mask = picture("....#", "#....", ".....");
        SmallRegions.Cleaned cleaned = SmallRegions.clean(mask, 10);
        assertEquals(picture(".....", "#....", "....."), cleaned.mask());
        assertTrue(cleaned.changed());
    }

    @Test
    void aSingleSmallIslandStaysButCountsAsChanged() {
        BinaryMask mask = picture("......", ".##...", "......", "......");
        SmallRegions.Cleaned cleaned = SmallRegions.clean(mask, 5);
        assertEquals(mask, cleaned.mask());
        assertTrue(cleaned.changed());
    }

    @Test
    void holesAreFilledBeforeIslandsAreCounted() {
        BinaryMask ring = picture("###.....", "#.#.....", "###.....", "........");
        SmallRegions.Cleaned cleaned = SmallRegions.clean(ring, 9);
        assertEquals(picture("###.....", "###.....", "###.....", "........"), cleaned.mask());
    }

    @Test
    void emptyAndFullMasksStay() {
        BinaryMask empty = picture("...", "...");
        assertSame(empty, SmallRegions.clean(empty, 6).mask());
        assertFalse(SmallRegions.clean(empty, 6).changed());
        BinaryMask full = picture("###", "###");
        assertSame(full, SmallRegions.clean(full, 6).mask());
        assertEquals(full, SmallRegions.clean(empty, 7).mask()); // the background is one small hole
        assertThrows(IllegalArgumentException.class, () -> SmallRegions.clean(full, -1));
    }
}
