package dev.earshot.segmentation.image;

import dev.earshot.segmentation.MediaException;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A PNG reader whose memory is bounded by the picture: rows are inflated one at a time straight into the result, and a
 * picture whose data could not possibly inflate to its claimed size is refused before anything is allocated.
 *
 * <p>All colour types, bit depths and Adam7 interlacing (PNG specification, third edition). One instance decodes one
 * file.
 */
final class PngDecoder {
    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504c5445;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454e44;

    /** Deflate cannot do better than 258 bytes from 2 bits. */
    private static final long MAX_RATIO = 1032;

    private static final int[][] ADAM7 = { // first column, first row, column step, row step
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };
    private static final int[][] PROGRESSIVE = {{0, 0, 1, 1}};

    private final byte[] file;
    private final String name;
    private final boolean keepIndices;
    private int width;
    private int height;
    private int depth;
    private int colourType;
    private int samples;
    private boolean interlaced;
    private byte[] palette = new byte[0];
    private int firstData = -1;
    private long dataBytes;
    private int nextChunk = 8;

    private PngDecoder(byte[] file, String name, boolean keepIndices) {
        this.file = file;
        this.name = name;
        this.keepIndices = keepIndices;
    }

    static RgbImage decode(byte[] file, String name, ImageLimits limits) {
        return new PngDecoder(file, name, false).decode(limits).pixels();
    }

    /** As {@link #decode(byte[], String, ImageLimits)}, but palette numbers are left as they are. */
    static StoredImage decodeStored(byte[] file, String name, ImageLimits limits) {
        return new PngDecoder(file, name, true).decode(limits);
    }

    private StoredImage decode(ImageLimits limits) {
        readHeader(limits);
        readChunks();
        return new StoredImage(readPixels(), colourType == 3);
    }

    private MediaException bad(String part, String expected, Object got) {
        return MediaException.of(
                name + " " + part, expected, String.valueOf(got), "the PNG is damaged or truncated; export it again");
    }

    private void readHeader(ImageLimits limits) {
        int at = 8;
        if (file.length < at + 25 || Bytes.u32(file, at) != 13 || type(at) != IHDR) {
            throw bad("header", "a 13-byte IHDR chunk first", "something else");
        }
        checkCrc(at, 13);
        long w = Bytes.u32(file, at + 8);
        long h = Bytes.u32(file, at + 12);
        limits.check(name, w, h);
        width = (int) w;
        height = (int) h;
        depth = file[at + 16] & 0xff;
        colourType = file[at + 17] & 0xff;
        samples = switch (colourType) {
            case 0, 3 -> 1;
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> throw bad("colour type", "0, 2, 3, 4 or 6", colourType);
        };
        boolean fits = depth == 8
                || depth == 16 && colourType != 3
                || (depth == 1 || depth == 2 || depth == 4) && (colourType == 0 || colourType == 3);
        if (!fits) {
            throw bad("bit depth", "one that colour type " + colourType + " allows", depth);
        }
        int interlace = file[at + 20] & 0xff;
        if (file[at + 18] != 0 || file[at + 19] != 0 || interlace > 1) {
            throw bad("IHDR", "compression 0, filter 0, interlace 0 or 1", "other values");
        }
        interlaced = interlace == 1;
        nextChunk = at + 25;
    }

    /** Walks over all chunks once, checks the critical ones and notes where the picture data begins. */
    private void readChunks() {
        for (int at = nextChunk; ; ) {
            if (file.length - at < 12) {
                throw bad("chunks", "an IEND chunk at the end", "end of file at byte " + file.length);
            }
            long length = Bytes.u32(file, at);
            if (length > file.length - at - 12) {
                throw bad("chunk at byte " + at, "a length within the file", length);
            }
            int type = type(at);
            boolean critical = (type & 0x2000_0000) == 0;
            if (critical) {
                checkCrc(at, (int) length);
            }
            if (type == IEND) {
                break;
            } else if (type == IDAT) {
                firstData = firstData < 0 ? at : firstData;
                dataBytes += length;
            } else if (type == PLTE) {
                if (length == 0 || length > 768 || length % 3 != 0) {
                    throw bad("palette", "3 to 768 bytes in threes", length);
                }
                palette = java.util.Arrays.copyOfRange(file, at + 8, at + 8 + (int) length);
            } else if (critical) {
                throw bad("chunk at byte " + at, "a critical chunk of the standard", String.format("%08x", type));
            }
            at += 12 + (int) length;
        }
        if (firstData < 0) {
            throw bad("data", "at least one IDAT chunk", "none");
        }
        if (colourType == 3 && palette.length == 0) {
            throw bad("palette", "a PLTE chunk", "none");
        }
    }

    private int type(int at) {
        return (int) Bytes.u32(file, at + 4);
    }

    private void checkCrc(int at, int length) {
        CRC32 crc = new CRC32();
        crc.update(file, at + 4, length + 4);
        if (crc.getValue() != Bytes.u32(file, at + 8 + length)) {
            throw bad("chunk at byte " + at, "its checksum", "another");
        }
    }

    private RgbImage readPixels() {
        int[][] passes = interlaced ? ADAM7 : PROGRESSIVE;
        long inflated = 0;
        for (int[] pass : passes) {
            int w = span(width, pass[0], pass[2]);
            int h = span(height, pass[1], pass[3]);
            inflated += w == 0 ? 0 : h * (1 + rowBytes(w));
        }
        if (inflated > (dataBytes + 1) * MAX_RATIO) {
            throw bad("data", "enough for " + width + "x" + height, dataBytes + " compressed bytes");
        }
        byte[] rgb = new byte[3 * width * height];
        Inflater inflater = new Inflater();
        try {
            nextChunk = firstData;
            for (int[] pass : passes) {
                readPass(inflater, pass, rgb);
            }
        } catch (DataFormatException e) {
            throw MediaException.of(
                    name + " data", "a zlib stream", String.valueOf(e.getMessage()), "export the PNG again", e);
        } finally {
            inflater.end();
        }
        return new RgbImage(width, height, rgb);
    }

    private static int span(int size, int first, int step) {
        return size <= first ? 0 : (size - first + step - 1) / step;
    }

    private long rowBytes(int columns) {
        return ((long) columns * depth * samples + 7) / 8;
    }

    private void readPass(Inflater inflater, int[] pass, byte[] rgb) throws DataFormatException {
        int columns = span(width, pass[0], pass[2]);
        if (columns == 0) {
            return;
        }
        int length = (int) rowBytes(columns);
        int step = Math.max(1, depth * samples / 8);
        byte[] row = new byte[length + 1];
        byte[] previous = new byte[length + 1];
        for (int y = pass[1]; y < height; y += pass[3]) {
            inflate(inflater, row);
            unfilter(row, previous, step);
            store(row, columns, rgb, y * width + pass[0], pass[2]);
            byte[] swap = previous;
            previous = row;
            row = swap;
        }
    }

    private void inflate(Inflater inflater, byte[] row) throws DataFormatException {
        int have = 0;
        while (have < row.length) {
            int n = inflater.inflate(row, have, row.length - have);
            have += n;
            if (n == 0) {
                if (inflater.finished() || inflater.needsDictionary() || !feed(inflater)) {
                    throw bad("data", width + "x" + height + " pixels", "fewer");
                }
            }
        }
    }

    /** Hands the next IDAT chunk to the inflater; chunk bounds were checked on the first walk. */
    private boolean feed(Inflater inflater) {
        while (type(nextChunk) != IEND) {
            int at = nextChunk;
            int length = (int) Bytes.u32(file, at);
            nextChunk += 12 + length;
            if (type(at) == IDAT && length > 0) {
                inflater.setInput(file, at + 8, length);
                return true;
            }
        }
        return false;
    }

    /** Undoes the row filter; byte 0 is the filter's number, {@code step} the distance to the pixel on the left. */
    private void unfilter(byte[] row, byte[] above, int step) {
        switch (row[0]) {
            case 0 -> {}
            case 1 -> {
                for (int i = 1 + step; i < row.length; i++) {
                    row[i] += row[i - step];
                }
            }
            case 2 -> {
                for (int i = 1; i < row.length; i++) {
                    row[i] += above[i];
                }
            }
            case 3 -> {
                for (int i = 1; i < row.length; i++) {
                    int left = i > step ? row[i - step] & 0xff : 0;
                    row[i] += (byte) ((left + (above[i] & 0xff)) >> 1);
                }
            }
            case 4 -> {
                for (int i = 1; i < row.length; i++) {
                    int a = i > step ? row[i - step] & 0xff : 0;
                    int c = i > step ? above[i - step] & 0xff : 0;
                    row[i] += (byte) paeth(a, above[i] & 0xff, c);
                }
            }
            default -> throw bad("row filter", "0 to 4", row[0] & 0xff);
        }
    }

    private static int paeth(int left, int up, int upLeft) {
        int p = left + up - upLeft;
        int a = Math.abs(p - left);
        int b = Math.abs(p - up);
        int c = Math.abs(p - upLeft);
        return a <= b && a <= c ? left : b <= c ? up : upLeft;
    }

    /** Writes one row as RGB to every {@code step}-th pixel from pixel {@code first} on. */
    private void store(byte[] row, int columns, byte[] rgb, int first, int step) {
        int bytesPerSample = depth == 16 ? 2 : 1;
        int pixelBytes = samples * bytesPerSample;
        boolean colour = samples >= 3;
        for (int x = 0; x < columns; x++) {
            int to = 3 * (first + x * step);
            if (depth < 8 || colourType == 3) {
                int bit = x * depth;
                int value = (row[1 + (bit >> 3)] & 0xff) >> (8 - depth - (bit & 7)) & ((1 << depth) - 1);
                if (colourType == 3) {
                    lookUp(value, rgb, to);
                } else {
                    byte grey = (byte) (value * 255 / ((1 << depth) - 1));
                    rgb[to] = grey;
                    rgb[to + 1] = grey;
                    rgb[to + 2] = grey;
                }
            } else {
                int from = 1 + x * pixelBytes;
                rgb[to] = row[from];
                rgb[to + 1] = row[colour ? from + bytesPerSample : from];
                rgb[to + 2] = row[colour ? from + 2 * bytesPerSample : from];
            }
        }
    }

    private void lookUp(int index, byte[] rgb, int to) {
        if (3 * index + 2 >= palette.length) {
            throw bad("palette index", "below " + palette.length / 3, index);
        }
        if (keepIndices) {
            java.util.Arrays.fill(rgb, to, to + 3, (byte) index);
            return;
        }
        System.arraycopy(palette, 3 * index, rgb, to, 3);
    }
}
