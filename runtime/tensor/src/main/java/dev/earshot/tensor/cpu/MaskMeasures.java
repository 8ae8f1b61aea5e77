package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Counts and box of one mask after another. Belongs to one worker. */
final class MaskMeasures implements MaskScan.Sink {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    private final MaskGeometry geometry;
    private final float loose;
    private final float threshold;
    private final float strict;
    private final int looseKey;
    private final int thresholdKey;
    private final int strictKey;
    private final boolean countsKeys;
    private final int[] keys;

    private int aboveLoose;
    private int set;
    private int aboveStrict;
    private int minX;
    private int minY;
    private int maxX;
    private int maxY;

    MaskMeasures(MaskGeometry geometry, float loose, float threshold, float strict) {
        this.geometry = geometry;
        this.loose = loose;
        this.threshold = threshold;
        this.strict = strict;
        this.looseKey = FloatKeys.of(loose + 0f); // 0 and -0 are equal as floats but not as keys
        this.thresholdKey = FloatKeys.of(threshold + 0f);
        this.strictKey = FloatKeys.of(strict + 0f);
        this.countsKeys = (long) strictKey + 1 - looseKey <= Integer.MAX_VALUE;
        this.keys = new int[geometry.width()];
    }

    void clear() {
        aboveLoose = 0;
        set = 0;
        aboveStrict = 0;
        minX = geometry.width();
        minY = geometry.height();
        maxX = -1;
        maxY = -1;
    }

    /** Writes the seven numbers. */
    void store(long address) {
        boolean empty = set == 0;
        ALL.set(I32, address, aboveStrict);
        ALL.set(I32, address + 4, aboveLoose);
        ALL.set(I32, address + 8, set);
        ALL.set(I32, address + 12, empty ? 0 : minX);
        ALL.set(I32, address + 16, empty ? 0 : minY);
        ALL.set(I32, address + 20, empty ? 0 : maxX);
        ALL.set(I32, address + 24, empty ? 0 : maxY);
    }

    @Override
    public void tile(MaskSpan rows, MaskSpan columns, int level) {
        int pixels = rows.positions() * columns.positions();
        aboveLoose += level > 0 ? pixels : 0;
        aboveStrict += level > 2 ? pixels : 0;
        if (level > 1) {
            set += pixels;
            minX = Math.min(minX, columns.from());
            minY = Math.min(minY, rows.from());
            maxX = Math.max(maxX, columns.to() - 1);
            maxY = Math.max(maxY, rows.to() - 1);
        }
    }

    @Override
    public void pixels(int y, float[] values, int from, int to, boolean finite) {
        int before = set;
        if (finite && countsKeys) {
            countKeys(values, from, to - from);
        } else {
            countFloats(values, from, to);
        }
        if (set > before) {
            minY = Math.min(minY, y);
            maxY = Math.max(maxY, y);
            int x = from;
            while (x < minX && !(values[x] > threshold)) {
                x++;
            }
            minX = Math.min(minX, x);
            x = to - 1;
            while (x > maxX && !(values[x] > threshold)) {
                x--;
            }
            maxX = Math.max(maxX, x);
        }
    }

    private void countFloats(float[] values, int from, int to) {
        for (int x = from; x < to; x++) {
            aboveLoose += values[x] > loose ? 1 : 0;
            set += values[x] > threshold ? 1 : 0;
            aboveStrict += values[x] > strict ? 1 : 0;
        }
    }

    /** Held between the outer thresholds, keys differ by less than 2^31: the sign of a difference is a comparison. */
    private void countKeys(float[] values, int from, int n) {
        FloatKeys.load(MemorySegment.ofArray(values), 4L * from, keys, n);
        int above = strictKey + 1;
        int first = 0;
        int second = 0;
        int third = 0;
        for (int i = 0; i < n; i++) {
            int key = Math.min(Math.max(keys[i], looseKey), above);
            first += (looseKey - key) >>> 31;
            second += (thresholdKey - key) >>> 31;
            third += (strictKey - key) >>> 31;
        }
        aboveLoose += first;
        set += second;
        aboveStrict += third;
    }
}
