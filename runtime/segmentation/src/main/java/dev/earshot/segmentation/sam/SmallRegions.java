package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;
import java.util.Arrays;

/**
 * Removes small holes and small islands from masks. Regions hang together over eight neighbours. They are found from the runs
 * of each row, so that memory goes with the number of runs and not with the picture.
 */
public final class SmallRegions {
    private SmallRegions() {}

    /**
     * A mask without small regions.
     *
     * @param mask the result
     * @param changed whether there were small regions; also true where the only island is small and stays
     */
    public record Cleaned(BinaryMask mask, boolean changed) {}

    /**
     * Fills holes of fewer than {@code leastArea} pixels, then removes islands of fewer. Clear regions at the picture's border
     * count as holes. If all islands are small the largest stays: of several, the one met first going over the picture in
     * blocks of 2 x 2 pixels, row by row, which is the order in which OpenCV numbers them.
     */
    public static Cleaned clean(BinaryMask mask, long leastArea) {
        if (leastArea < 0) {
            throw new IllegalArgumentException("least area of a region: expected at least 0, got " + leastArea);
        }
        Cleaned filled = fillHoles(mask, leastArea);
        Cleaned result = removeIslands(filled.mask, leastArea);
        return new Cleaned(result.mask, filled.changed || result.changed);
    }

    private static Cleaned fillHoles(BinaryMask mask, long leastArea) {
        Runs runs = Runs.of(mask, false);
        long[] areas = runs.areas();
        BinaryMask filled = new BinaryMask(mask.width(), mask.height());
        filled.add(mask);
        boolean any = false;
        for (int i = 0; i < runs.count; i++) {
            if (areas[runs.root(i)] < leastArea) {
                any = true;
                runs.draw(i, filled);
            }
        }
        return any ? new Cleaned(filled, true) : new Cleaned(mask, false);
    }

    private static Cleaned removeIslands(BinaryMask mask, long leastArea) {
        Runs runs = Runs.of(mask, true);
        long[] areas = runs.areas();
        boolean anySmall = false;
        boolean anyLarge = false;
        for (int i = 0; i < runs.count; i++) {
            boolean small = areas[runs.root(i)] < leastArea;
            anySmall |= small;
            anyLarge |= !small;
        }
        if (!anySmall) {
            return new Cleaned(mask, false);
        }
        int only = anyLarge ? -1 : runs.largest(areas);
        BinaryMask kept = new BinaryMask(mask.width(), mask.height());
        for (int i = 0; i < runs.count; i++) {
            int root = runs.root(i);
            if (anyLarge ? areas[root] >= leastArea : root == only) {
                runs.draw(i, kept);
            }
        }
        return new Cleaned(kept, true);
    }

    /** The horizontal runs of equal pixels, row by row, joined to regions. */
    private static final class Runs {
        private int[] rows = new int[64];
        private int[] starts = new int[64];
        private int[] ends = new int[64]; // exclusive
        private int[] parents = new int[64];
        private int count;

        /** The runs of set (or clear) pixels. */
        static Runs of(BinaryMask mask, boolean set) {
            Runs runs = new Runs();
            int previous = 0; // first run of the row above
            for (int y = 0; y < mask.height(); y++) {
                int first = runs.count;
                int x = 0;
                while (x < mask.width()) {
                    int end = mask.runEnd(x, y);
                    if (mask.get(x, y) == set) {
                        runs.append(y, x, end);
                    }
                    x = end;
                }
                runs.joinRows(previous, first);
                previous = first;
            }
            return runs;
        }

        private void append(int row, int start, int end) {
            if (count == rows.length) {
                rows = Arrays.copyOf(rows, 2 * count);
                starts = Arrays.copyOf(starts, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
                parents = Arrays.copyOf(parents, 2 * count);
            }
            rows[count] = row;
            starts[count] = start;
            ends[count] = end;
            parents[count] = count;
            count++;
        }

        /** Joins the runs from {@code lower} on with those of the row above, from {@code upper} on, that touch them. */
        private void joinRows(int upper, int lower) {
            int a = upper;
            int b = lower;
            while (a < lower && b < count) {
                if (starts[a] <= ends[b] && starts[b] <= ends[a]) {
                    join(a, b);
                }
                if (ends[a] < ends[b]) {
                    a++;
                } else {
                    b++;
                }
            }
        }

        private void join(int a, int b) {
            int first = root(a);
            int second = root(b);
            parents[Math.max(first, second)] = Math.min(first, second);
        }

        int root(int i) {
            int at = i;
            while (parents[at] != at) {
                parents[at] = parents[parents[at]];
                at = parents[at];
            }
            return at;
        }

        /** By root: pixels of its region. */
        long[] areas() {
            long[] areas = new long[count];
            for (int i = 0; i < count; i++) {
                areas[root(i)] += ends[i] - starts[i];
            }
            return areas;
        }

        /** The root of the largest region; of several, the one whose first block of 2 x 2 pixels comes first. */
        int largest(long[] areas) {
            long[] firstBlock = new long[count];
            Arrays.fill(firstBlock, Long.MAX_VALUE);
            for (int i = 0; i < count; i++) {
                int root = root(i);
                firstBlock[root] = Math.min(firstBlock[root], (long) (rows[i] >> 1) << 32 | starts[i] >> 1);
            }
            int best = 0; // the first run is the root of its region
            for (int i = 1; i < count; i++) {
                if (areas[i] > areas[best] || areas[i] == areas[best] && firstBlock[i] < firstBlock[best]) {
                    best = i;
                }
            }
            return best;
        }

        void draw(int i, BinaryMask mask) {
            for (int x = starts[i]; x < ends[i]; x++) {
                mask.set(x, rows[i]);
            }
        }
    }
}
