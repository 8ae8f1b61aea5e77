package dev.earshot.segmentation.output;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.MediaException;
import java.util.Arrays;

/**
 * A mask in COCO's run-length encoding: lengths of alternating runs of clear and set pixels, column by column, the
 * first run clear (and of length 0 if the first pixel is set).
 *
 * @param height rows
 * @param width columns
 * @param counts run lengths; they add up to height times width
 */
public record CocoRle(int height, int width, int[] counts) {
    /** Checks that the runs cover the picture exactly. */
    public CocoRle {
        long sum = 0;
        for (int count : counts) {
            if (count < 0) {
                throw new IllegalArgumentException("RLE: expected runs of at least 0, got " + count);
            }
            sum += count;
        }
        if (height < 1 || width < 1 || sum != (long) height * width) {
            throw new IllegalArgumentException("RLE: expected runs that add up to " + (long) height * width + " for "
                    + height + "x" + width + " (height x width), got " + sum);
        }
        counts = counts.clone();
    }

    /** Encodes a mask. */
    public static CocoRle of(BinaryMask mask) {
        return new CocoRle(mask.height(), mask.width(), ColumnRuns.of(mask, 0, 0, mask.width(), mask.height()));
    }

    /**
     * Encodes a picture that shows {@code part} at column {@code left} and row {@code top} and is clear elsewhere.
     *
     * @param width columns of the picture
     * @param height rows of the picture
     * @throws IllegalArgumentException if the part does not lie within the picture
     */
    public static CocoRle ofPart(BinaryMask part, int left, int top, int width, int height) {
        if (left < 0 || top < 0 || left > width - part.width() || top > height - part.height()) {
            throw new IllegalArgumentException(
                    "RLE: expected a part within %d x %d (width x height), got %d x %d at (%d, %d)"
                            .formatted(width, height, part.width(), part.height(), left, top));
        }
        return new CocoRle(height, width, ColumnRuns.of(part, left, top, width, height));
    }

    /** Decodes to a mask. */
    public BinaryMask toMask() {
        BinaryMask mask = new BinaryMask(width, height);
        int at = 0;
        for (int run = 0; run < counts.length; at += counts[run++]) {
            if (run % 2 == 1) {
                int x = at / height;
                int y = at % height;
                for (int left = counts[run]; left > 0; left--) {
                    mask.set(x, y++);
                    if (y == height) {
                        y = 0;
                        x++;
                    }
                }
            }
        }
        return mask;
    }

    /** Number of set pixels. */
    public long area() {
        long area = 0;
        for (int run = 1; run < counts.length; run += 2) {
            area += counts[run];
        }
        return area;
    }

    /** Smallest rectangle around the set pixels: x, y, width, height; four zeros for an empty mask. */
    public int[] boundingBox() {
        int left = width;
        int right = -1;
        int top = height;
        int bottom = -1;
        int at = 0;
        for (int run = 0; run < counts.length; at += counts[run++]) {
            if (run % 2 == 0 || counts[run] == 0) {
                continue;
            }
            int last = at + counts[run] - 1;
            left = Math.min(left, at / height);
            right = Math.max(right, last / height);
            boolean severalColumns = at / height != last / height;
            top = Math.min(top, severalColumns ? 0 : at % height);
            bottom = Math.max(bottom, severalColumns ? height - 1 : last % height);
        }
        return right < 0 ? new int[4] : new int[] {left, top, right - left + 1, bottom - top + 1};
    }

    /**
     * COCO's compressed text: from the fourth run on the run two before is subtracted; each value goes out in groups of
     * five bits, lowest first, with bit 0x20 while more follow, plus 48.
     */
    public String compressed() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < counts.length; i++) {
            long value = i > 2 ? (long) counts[i] - counts[i - 2] : counts[i];
            boolean more = true;
            while (more) {
                int group = (int) (value & 0x1f);
                value >>= 5;
                more = (group & 0x10) != 0 ? value != -1 : value != 0;
                text.append((char) ((more ? group | 0x20 : group) + 48));
            }
        }
        return text.toString();
    }

    /**
     * Reads {@link #compressed()} back.
     *
     * @throws MediaException if the text is no such encoding of a picture of this size
     */
    public static CocoRle parse(int height, int width, String text) {
        int[] counts = new int[text.length()];
        int runs = 0;
        for (int at = 0; at < text.length(); ) {
            long value = 0;
            int shift = 0;
            int group;
            do {
                group = at < text.length() ? text.charAt(at++) - 48 : -1;
                if (group < 0 || group > 63 || shift > 35) {
                    throw bad("characters from '0' to 'o' in groups that end", "\"" + head(text) + "\"");
                }
                value |= (long) (group & 0x1f) << shift;
                shift += 5;
            } while ((group & 0x20) != 0);
            if ((group & 0x10) != 0) {
                value |= -1L << shift;
            }
            value += runs > 2 ? counts[runs - 2] : 0;
            if (value < 0 || value > (long) height * width) {
                throw bad("runs of 0 to " + (long) height * width, value);
            }
            counts[runs++] = (int) value;
        }
        try {
            return new CocoRle(height, width, Arrays.copyOf(counts, runs));
        } catch (IllegalArgumentException e) {
            throw bad("a mask of " + height + "x" + width, e.getMessage());
        }
    }

    private static String head(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }

    private static MediaException bad(String expected, Object got) {
        return MediaException.of("RLE text", expected, String.valueOf(got), "write the annotation file again");
    }

    /** How many runs there are. */
    public int runs() {
        return counts.length;
    }

    @Override
    public int[] counts() {
        return counts.clone();
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof CocoRle other
                && height == other.height
                && width == other.width
                && Arrays.equals(counts, other.counts);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * height + width) + Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
        return "CocoRle[" + height + "x" + width + ", " + counts.length + " runs]";
    }
}
