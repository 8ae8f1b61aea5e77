package dev.earshot.segmentation.image;

import dev.earshot.segmentation.MediaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads PNG and JPEG files, judged by their first bytes and never by their names, into 8-bit RGB.
 *
 * <p>Conversions follow Pillow's {@code convert("RGB")}: grey is repeated, palettes are looked up, transparency is
 * dropped, of 16-bit samples the upper byte is kept, ICC profiles are not applied. Differs from it in one point: the
 * EXIF orientation of a JPEG is honoured, so that a phone's picture comes out upright.
 */
public final class ImageFiles {
    private static final long PNG_SIGNATURE = 0x89504e470d0a1a0aL;

    private ImageFiles() {}

    /** Reads an image within {@link ImageLimits#DEFAULT}. */
    public static RgbImage read(Path file) {
        return read(file, ImageLimits.DEFAULT);
    }

    /**
     * Reads an image.
     *
     * @throws MediaException if the file is neither PNG nor JPEG, damaged, truncated or beyond the limits
     * @throws UncheckedIOException if it cannot be read at all
     */
    public static RgbImage read(Path file, ImageLimits limits) {
        String name = String.valueOf(file.getFileName());
        try {
            long size = Files.size(file);
            if (size > limits.maxFileBytes()) {
                throw MediaException.of(
                        name + " file size",
                        "at most " + limits.maxFileBytes() + " bytes",
                        size + " bytes",
                        "this is hardly a picture; check the path");
            }
            return decode(Files.readAllBytes(file), name, limits);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    /**
     * Decodes an image that is in memory already.
     *
     * @param name how error messages call it
     */
    public static RgbImage decode(byte[] bytes, String name, ImageLimits limits) {
        if (bytes.length >= 8 && (long) Bytes.LONG_BE.get(bytes, 0) == PNG_SIGNATURE) {
            return PngDecoder.decode(bytes, name, limits);
        }
        if (bytes.length >= 3 && (bytes[0] & 0xff) == 0xff && (bytes[1] & 0xff) == 0xd8 && (bytes[2] & 0xff) == 0xff) {
            return JpegDecoder.decode(bytes, name, limits);
        }
        throw MediaException.of(
                name,
                "a PNG or JPEG file",
                bytes.length == 0 ? "an empty file" : "first bytes " + firstBytes(bytes),
                "convert it to PNG or JPEG");
    }

    private static String firstBytes(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(8, bytes.length); i++) {
            text.append(i == 0 ? "" : " ").append(String.format("%02x", bytes[i]));
        }
        return text.toString();
    }
}
