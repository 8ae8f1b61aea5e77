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
        return decode(bytes(file, limits), String.valueOf(file.getFileName()), limits);
    }

    /**
     * Reads an image without looking up the palette of an indexed PNG, within {@link ImageLimits#DEFAULT}: for masks,
     * whose palette numbers are what counts.
     *
     * @throws MediaException as {@link #read(Path, ImageLimits)}
     * @throws UncheckedIOException if it cannot be read at all
     */
    public static StoredImage readStored(Path file) {
        ImageLimits limits = ImageLimits.DEFAULT;
        byte[] bytes = bytes(file, limits);
        String name = String.valueOf(file.getFileName());
        return isPng(bytes)
                ? PngDecoder.decodeStored(bytes, name, limits)
                : new StoredImage(decode(bytes, name, limits), false);
    }

    private static byte[] bytes(Path file, ImageLimits limits) {
        try {
            long size = Files.size(file);
            if (size > limits.maxFileBytes()) {
                throw MediaException.of(
                        file.getFileName() + " file size",
                        "at most " + limits.maxFileBytes() + " bytes",
                        size + " bytes",
                        "this is hardly a picture; check the path");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    private static boolean isPng(byte[] bytes) {
        return bytes.length >= 8 && (long) Bytes.LONG_BE.get(bytes, 0) == PNG_SIGNATURE;
    }

    /**
     * Decodes an image that is in memory already.
     *
     * @param name how error messages call it
     */
    public static RgbImage decode(byte[] bytes, String name, ImageLimits limits) {
        if (isPng(bytes)) {
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
