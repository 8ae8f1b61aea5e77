package dev.earshot.segmentation.datasets;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.image.StoredImage;
import dev.earshot.segmentation.metrics.LabelMap;
import java.nio.file.Path;

/**
 * Masks and label maps as AVSBench stores them.
 *
 * <p>Differs from OpenNLPLab/AVSBench, avs_s4 and avs_ms3 dataloader.py: a grey mask is foreground at 255 and an indexed
 * one where the number is not 0, whatever the palette. The loaders convert to 1 bit (S4, which dithers) or divide palette
 * numbers by 255 (MS3), which for the published grey 0/255 masks is the same and for others is not 0 or 1.
 */
final class MaskFiles {
    private MaskFiles() {}

    /** Reads the truth: black and white or indexed, anything else is refused. */
    static BinaryMask readTarget(Path file) {
        return read(file, true);
    }

    /** Reads a prediction: as the truth, but grey levels from 128 on count as foreground. */
    static BinaryMask readPrediction(Path file) {
        return read(file, false);
    }

    private static BinaryMask read(Path file, boolean strict) {
        StoredImage image = ImageFiles.readStored(file);
        byte[] rgb = image.pixels().rgb();
        byte[] set = new byte[rgb.length / 3];
        for (int i = 0; i < set.length; i++) {
            int value = rgb[3 * i] & 0xff;
            boolean grey = rgb[3 * i] == rgb[3 * i + 1] && rgb[3 * i] == rgb[3 * i + 2];
            if (!grey || strict && !image.indexed() && value != 0 && value != 255) {
                throw notBinary(file, image.pixels(), i);
            }
            set[i] = (byte) (image.indexed() ? Math.min(value, 1) : value >> 7);
        }
        return BinaryMask.of(image.pixels().width(), image.pixels().height(), set);
    }

    private static MediaException notBinary(Path file, RgbImage image, int pixel) {
        int x = pixel % image.width();
        int y = pixel / image.width();
        return MediaException.of(
                "mask " + file,
                "black and white (0 and 255) or palette numbers",
                "colour %06x at column %d of row %d".formatted(image.pixel(x, y), x, y),
                "it was probably saved in a lossy or resized form; take the published file");
    }

    /** Reads a label map by its colours. */
    static LabelMap readLabels(Path file, ClassTable classes) {
        RgbImage image = ImageFiles.read(file);
        byte[] rgb = image.rgb();
        byte[] labels = new byte[rgb.length / 3];
        for (int i = 0; i < labels.length; i++) {
            int colour = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | rgb[3 * i + 2] & 0xff;
            labels[i] = (byte) classes.classOf(colour);
        }
        return new LabelMap(image.width(), image.height(), labels);
    }

    /** The colours of a label map. */
    static RgbImage colours(LabelMap map) {
        byte[] rgb = new byte[3 * map.labels().length];
        for (int i = 0; i < map.labels().length; i++) {
            int colour = ClassTable.colour(map.labels()[i] & 0xff);
            rgb[3 * i] = (byte) (colour >> 16);
            rgb[3 * i + 1] = (byte) (colour >> 8);
            rgb[3 * i + 2] = (byte) colour;
        }
        return new RgbImage(map.width(), map.height(), rgb);
    }
}
