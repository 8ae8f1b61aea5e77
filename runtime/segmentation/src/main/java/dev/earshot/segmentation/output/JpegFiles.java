package dev.earshot.segmentation.output;

import dev.earshot.segmentation.image.RgbImage;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes 8-bit colour JPEG files with the JDK's encoder. */
public final class JpegFiles {
    private JpegFiles() {}

    /**
     * Writes a picture; a file of that name is replaced in one step.
     *
     * @param quality 0 (smallest file) to 1 (best picture)
     */
    public static void write(Path file, RgbImage image, float quality) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try {
            AtomicFiles.write(file, out -> {
                try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
                    ImageWriteParam how = writer.getDefaultWriteParam();
                    how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                    how.setCompressionQuality(quality);
                    writer.setOutput(stream);
                    writer.write(null, new IIOImage(buffered(image), null, null), how);
                }
            });
        } finally {
            writer.dispose();
        }
    }

    private static BufferedImage buffered(RgbImage image) {
        BufferedImage out = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                out.setRGB(x, y, image.pixel(x, y));
            }
        }
        return out;
    }
}
