package dev.earshot.segmentation.output;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import java.nio.file.Path;

/** Masks as single-channel 8-bit PNG: 255 where the mask is set, 0 elsewhere, as AVSBench's tools expect. */
public final class MaskPng {
    private MaskPng() {}

    /** Writes a mask; a file of that name is replaced in one step. */
    public static void write(Path file, BinaryMask mask) {
        PngFiles.writeGrey(file, mask.toBytes((byte) 255), mask.width(), mask.height());
    }

    /**
     * Reads a mask: set where any channel is at least 128.
     *
     * @throws dev.earshot.segmentation.MediaException if the file is no readable picture
     */
    public static BinaryMask read(Path file) {
        RgbImage image = ImageFiles.read(file);
        byte[] pixels = new byte[image.width() * image.height()];
        for (int i = 0; i < pixels.length; i++) {
            byte[] rgb = image.rgb();
            pixels[i] = (byte) ((rgb[3 * i] | rgb[3 * i + 1] | rgb[3 * i + 2]) >> 7 & 1);
        }
        return BinaryMask.of(image.width(), image.height(), pixels);
    }
}
