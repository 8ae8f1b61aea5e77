package dev.earshot.segmentation;

import java.util.Arrays;
import java.util.Optional;

/**
 * A black-and-white picture, one bit per pixel, row-major: the outline result for one frame, a SAM proposal, a ground
 * truth. Plain memory, nothing to close; not safe for writing from several threads.
 */
public final class BinaryMask {
    private final int width;
    private final int height;
    private final long[] words; // bit i of the row-major pixel order is bit (i & 63) of words[i >> 6]

    /**
     * An empty mask.
     *
     * @throws IllegalArgumentException if a side is not positive
     */
    public BinaryMask(int width, int height) {
        if (width <= 0 || height <= 0) {
            throw new IllegalArgumentException(
                    "mask: expected positive sides, got %d x %d (width x height)".formatted(width, height));
        }
        this.width = width;
        this.height = height;
        this.words = new long[(int) (((long) width * height + 63) >>> 6)];
    }

    private BinaryMask(int width, int height, long[] words) {
        this.width = width;
        this.height = height;
        this.words = words;
    }

    /**
     * A mask of packed bits.
     *
     * @param words bit i & 63 of word i >> 6 is pixel i, row-major; owned by the mask from now on
     * @throws IllegalArgumentException if their number does not fit the size or a bit behind the last pixel is set
     */
    public static BinaryMask ofWords(int width, int height, long[] words) {
        long pixels = (long) width * height;
        if (width <= 0 || height <= 0 || words.length != (pixels + 63) >>> 6) {
            throw new IllegalArgumentException(
                    "mask of %d x %d (width x height): expected positive sides and %d words, got %d"
                            .formatted(width, height, (pixels + 63) >>> 6, words.length));
        }
        if ((pixels & 63) != 0 && words[words.length - 1] >>> pixels != 0) {
            throw new IllegalArgumentException(
                    "mask of %d x %d: bits behind the last pixel are set".formatted(width, height));
        }
        return new BinaryMask(width, height, words);
    }

    /** A mask with a pixel set wherever {@code pixels} (row-major, width * height) is not 0. */
    public static BinaryMask of(int width, int height, byte[] pixels) {
        BinaryMask mask = new BinaryMask(width, height);
        if (pixels.length != width * height) {
            throw new IllegalArgumentException("mask of %d x %d: expected %d pixels, got %d"
                    .formatted(width, height, width * height, pixels.length));
        }
        for (int i = 0; i < pixels.length; i++) {
            if (pixels[i] != 0) {
                mask.words[i >> 6] |= 1L << i;
            }
        }
        return mask;
    }

    /** Pixels in a row. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** True if the pixel is set. */
    public boolean get(int x, int y) {
        int i = index(x, y);
        return (words[i >> 6] >>> i & 1) != 0;
    }

    /** Sets a pixel. */
    public void set(int x, int y) {
        int i = index(x, y);
        words[i >> 6] |= 1L << i;
    }

    /** Sets the pixels of row {@code y} from column {@code from} on, up to but not including column {@code to}. */
    public void setRun(int y, int from, int to) {
        if (from >= to) {
            return;
        }
        int first = index(from, y);
        int last = index(to - 1, y);
        long head = -1L << first;
        long tail = -1L >>> -(last + 1);
        if (first >> 6 == last >> 6) {
            words[first >> 6] |= head & tail;
            return;
        }
        words[first >> 6] |= head;
        Arrays.fill(words, (first >> 6) + 1, last >> 6, -1);
        words[last >> 6] |= tail;
    }

    /** Clears every pixel. */
    public void clear() {
        Arrays.fill(words, 0);
    }

    /** Word {@code i} of the packed bits; see {@link #ofWords}. */
    public long word(int i) {
        return words[i];
    }

    /** Where the run of equal pixels from column {@code x} of row {@code y} on ends: the first other column, or the width. */
    public int runEnd(int x, int y) {
        int i = index(x, y);
        long rowEnd = (y + 1L) * width;
        long flip = (words[i >> 6] >>> i & 1) != 0 ? -1 : 0;
        int word = i >> 6;
        long others = (words[word] ^ flip) & -1L << i;
        while (others == 0 && word + 1L << 6 < rowEnd) {
            word++;
            others = words[word] ^ flip;
        }
        long end = others == 0 ? rowEnd : ((long) word << 6) + Long.numberOfTrailingZeros(others);
        return (int) (Math.min(end, rowEnd) - (long) y * width);
    }

    /** Number of set pixels. */
    public long area() {
        long area = 0;
        for (long word : words) {
            area += Long.bitCount(word);
        }
        return area;
    }

    /** True if no pixel is set. */
    public boolean isEmpty() {
        for (long word : words) {
            if (word != 0) {
                return false;
            }
        }
        return true;
    }

    /** The smallest box around the set pixels; empty for an empty mask. */
    public Optional<PixelBox> bounds() {
        int left = width;
        int right = -1;
        int top = -1;
        int bottom = -1;
        for (int i = 0; i < words.length; i++) {
            for (long rest = words[i]; rest != 0; rest &= rest - 1) {
                int at = (i << 6) + Long.numberOfTrailingZeros(rest);
                int x = at % width;
                left = Math.min(left, x);
                right = Math.max(right, x);
                top = top < 0 ? at / width : top;
                bottom = at / width;
            }
        }
        return right < 0 ? Optional.empty() : Optional.of(new PixelBox(left, top, right + 1, bottom + 1));
    }

    /** Sets every pixel that is set in {@code other}, a mask of the same size. */
    public void add(BinaryMask other) {
        checkSameSize("union", other);
        for (int i = 0; i < words.length; i++) {
            words[i] |= other.words[i];
        }
    }

    /** Number of pixels that are set in both this and {@code other}, a mask of the same size. */
    public long intersectionArea(BinaryMask other) {
        checkSameSize("intersection", other);
        long both = 0;
        for (int i = 0; i < words.length; i++) {
            both += Long.bitCount(words[i] & other.words[i]);
        }
        return both;
    }

    /** Intersection over union with a mask of the same size; 0 if both are empty. */
    public double iou(BinaryMask other) {
        checkSameSize("iou", other);
        long both = 0;
        long either = 0;
        for (int i = 0; i < words.length; i++) {
            both += Long.bitCount(words[i] & other.words[i]);
            either += Long.bitCount(words[i] | other.words[i]);
        }
        return either == 0 ? 0 : (double) both / either;
    }

    /** The pixels row-major, {@code set} where the mask is set and 0 elsewhere. */
    public byte[] toBytes(byte set) {
        byte[] pixels = new byte[width * height];
        for (int i = 0; i < pixels.length; i++) {
            if ((words[i >> 6] >>> i & 1) != 0) {
                pixels[i] = set;
            }
        }
        return pixels;
    }

    private int index(int x, int y) {
        if (x < 0 || x >= width || y < 0 || y >= height) {
            throw new IndexOutOfBoundsException("pixel (%d, %d) of a mask of %d x %d".formatted(x, y, width, height));
        }
        return y * width + x;
    }

    private void checkSameSize(String what, BinaryMask other) {
        if (width != other.width || height != other.height) {
            throw new IllegalArgumentException("%s of masks: expected equal sizes, got %d x %d and %d x %d"
                    .formatted(what, width, height, other.width, other.height));
        }
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof BinaryMask other
                && width == other.width
                && height == other.height
                && Arrays.equals(words, other.words);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        return "mask %d x %d, %d set".formatted(width, height, area());
    }
}
