package dev.earshot.segmentation.output;

import dev.earshot.segmentation.BinaryMask;
import java.util.Arrays;

/**
 * Finds the runs of a mask column by column. The mask may be a part of a larger picture, whose other pixels are clear; the
 * large picture is never made. Blocks of 64 x 64 bits are turned so that a column is scanned by words, from one change to
 * the next.
 */
final class ColumnRuns {
    private static final int BLOCK = Long.SIZE;

    private final BinaryMask mask;
    private final int left;
    private final int top;
    private final int fullHeight;
    private final long total; // pixels of the full picture

    private int[] counts = new int[16];
    private int runs;
    private long last; // where the open run began
    private long carry; // 1 if the pixel before the next one is set

    private ColumnRuns(BinaryMask mask, int left, int top, int fullWidth, int fullHeight) {
        this.mask = mask;
        this.left = left;
        this.top = top;
        this.fullHeight = fullHeight;
        this.total = (long) fullWidth * fullHeight;
    }

    /** Run lengths, the first of clear pixels, of a picture that shows {@code mask} at column {@code left}, row {@code top}. */
    static int[] of(BinaryMask mask, int left, int top, int fullWidth, int fullHeight) {
        ColumnRuns found = new ColumnRuns(mask, left, top, fullWidth, fullHeight);
        found.scan();
        return found.finish();
    }

    private void scan() {
        int wordsPerColumn = (mask.height() + BLOCK - 1) / BLOCK;
        long[][] columns = new long[BLOCK][wordsPerColumn];
        for (int x = 0; x < mask.width(); x += BLOCK) {
            turn(x, columns);
            for (int c = 0; c < Math.min(BLOCK, mask.width() - x); c++) {
                scanColumn(columns[c], (long) (left + x + c) * fullHeight + top);
            }
        }
    }

    /** Columns {@code x} to {@code x + 63} as words, row 0 in the lowest bit of the first. */
    private void turn(int x, long[][] columns) {
        long[] block = new long[BLOCK];
        for (int k = 0; k < columns[0].length; k++) {
            int rows = Math.min(BLOCK, mask.height() - k * BLOCK);
            for (int r = 0; r < rows; r++) {
                block[r] = rowBits(x, k * BLOCK + r);
            }
            Arrays.fill(block, rows, BLOCK, 0);
            transpose(block);
            for (int c = 0; c < BLOCK; c++) {
                columns[c][k] = block[c];
            }
        }
    }

    /** Up to 64 pixels of row {@code y} from column {@code x} on. */
    private long rowBits(int x, int y) {
        long pixel = (long) y * mask.width() + x;
        int word = (int) (pixel >>> 6);
        int shift = (int) (pixel & 63);
        int columns = Math.min(BLOCK, mask.width() - x);
        long bits = mask.word(word) >>> shift;
        if (columns > BLOCK - shift) {
            bits |= mask.word(word + 1) << BLOCK - shift;
        }
        return columns == BLOCK ? bits : bits & (1L << columns) - 1;
    }

    /** Turns a square of 64 x 64 bits over its diagonal by exchanging ever smaller quarters. */
    private static void transpose(long[] block) {
        long keep = 0x0000_0000_ffff_ffffL;
        for (int half = BLOCK / 2; half != 0; half >>= 1, keep ^= keep << half) {
            for (int r = 0; r < BLOCK; r = r + half + 1 & ~half) {
                long exchanged = (block[r] >>> half ^ block[r + half]) & keep;
                block[r] ^= exchanged << half;
                block[r + half] ^= exchanged;
            }
        }
    }

    private void scanColumn(long[] column, long start) {
        int height = mask.height();
        for (int k = 0; k < column.length; k++) {
            int rows = Math.min(BLOCK, height - k * BLOCK);
            long bits = column[k];
            long changes = bits ^ (bits << 1 | carry);
            if (rows < BLOCK) {
                changes &= (1L << rows) - 1;
            }
            for (; changes != 0; changes &= changes - 1) {
                change(start + (long) k * BLOCK + Long.numberOfTrailingZeros(changes));
            }
            carry = bits >>> rows - 1 & 1;
        }
        boolean followedByOutside = height < fullHeight || start + height == (long) (left + mask.width()) * fullHeight;
        if (carry == 1 && followedByOutside) {
            carry = 0;
            if (start + height < total) {
                change(start + height);
            }
        }
    }

    private void change(long pixel) {
        if (runs + 1 >= counts.length) {
            counts = Arrays.copyOf(counts, 2 * counts.length);
        }
        counts[runs++] = (int) (pixel - last);
        last = pixel;
    }

    private int[] finish() {
        counts[runs++] = (int) (total - last);
        return Arrays.copyOf(counts, runs);
    }
}
