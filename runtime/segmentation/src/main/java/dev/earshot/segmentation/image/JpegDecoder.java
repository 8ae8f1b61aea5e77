package dev.earshot.segmentation.image;

import dev.earshot.segmentation.MediaException;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes JPEG with the JDK's own reader (no plug-in, no cache on disk), as raw components: the colour conversion is
 * libjpeg's integer one written out here, so that neither ICC profiles nor Java's colour management have a say and the
 * bytes are those of Pillow.
 */
final class JpegDecoder {
    private JpegDecoder() {}

    static RgbImage decode(byte[] file, String name, ImageLimits limits) {
        JpegHeader header = JpegHeader.read(file, name, limits);
        Raster raster = raster(file, name);
        if (raster.getWidth() != header.width()
                || raster.getHeight() != header.height()
                || raster.getNumBands() != header.components()
                || !(raster.getDataBuffer() instanceof DataBufferByte buffer)
                || buffer.getData().length != header.components() * header.width() * header.height()) {
            throw MediaException.of(
                    name,
                    header.width() + "x" + header.height() + " with " + header.components() + " components",
                    "another layout from the decoder",
                    "the JPEG is damaged; save it again");
        }
        byte[] rgb = switch (header.components()) {
            case 1 -> grey(buffer.getData());
            case 3 -> colour(buffer.getData(), header);
            default -> cmyk(buffer.getData(), header);
        };
        return upright(new RgbImage(header.width(), header.height(), rgb), header.orientation());
    }

    private static Raster raster(byte[] file, String name) {
        ImageReader reader = jdkReader();
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in, true, true);
            return reader.readRaster(0, null);
        } catch (IOException | RuntimeException e) {
            // The JDK's reader reports damaged files by a variety of unchecked exceptions besides IIOException.
            throw MediaException.of(
                    name, "a decodable JPEG", String.valueOf(e.getMessage()), "the file is damaged; save it again", e);
        } finally {
            reader.dispose();
        }
    }

    private static ImageReader jdkReader() {
        for (Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg"); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (reader.getClass().getModule() == ImageIO.class.getModule() && reader.canReadRaster()) {
                return reader;
            }
        }
        throw new IllegalStateException("JPEG reader: expected that of module java.desktop, got none — use a full JDK");
    }

    private static byte[] grey(byte[] luma) {
        byte[] rgb = new byte[3 * luma.length];
        for (int i = 0; i < luma.length; i++) {
            rgb[3 * i] = luma[i];
            rgb[3 * i + 1] = luma[i];
            rgb[3 * i + 2] = luma[i];
        }
        return rgb;
    }

    private static byte[] colour(byte[] data, JpegHeader header) {
        if (header.transform() == JpegHeader.Transform.YCC) {
            for (int i = 0; i < data.length; i += 3) {
                toRgb(data, i);
            }
        }
        return data;
    }

    /** ITU-R BT.601 full range in libjpeg's 16-bit fixed point (jdcolor.c), in place. */
    private static void toRgb(byte[] data, int at) {
        int y = data[at] & 0xff;
        int cb = (data[at + 1] & 0xff) - 128;
        int cr = (data[at + 2] & 0xff) - 128;
        data[at] = clamp(y + (91881 * cr + 32768 >> 16)); // 1.40200
        data[at + 1] = clamp(y + (-22554 * cb - 46802 * cr + 32768 >> 16)); // 0.34414, 0.71414
        data[at + 2] = clamp(y + (116130 * cb + 32768 >> 16)); // 1.77200
    }

    private static byte clamp(int value) {
        return (byte) Math.max(0, Math.min(255, value));
    }

    /** Pillow's CMYK to RGB without a profile: each channel is (255 - ink) scaled by (255 - black). */
    private static byte[] cmyk(byte[] data, JpegHeader header) {
        boolean mixed = header.transform() == JpegHeader.Transform.YCC;
        byte[] rgb = new byte[data.length / 4 * 3];
        for (int i = 0; i < data.length / 4; i++) {
            if (mixed) {
                toRgb(data, 4 * i);
            }
            // libjpeg's YCCK holds C = 255 - R, so mixed components are complemented once more.
            boolean complement = header.inverted() == mixed;
            int light = header.inverted() ? data[4 * i + 3] & 0xff : 255 - (data[4 * i + 3] & 0xff);
            for (int c = 0; c < 3; c++) {
                int stored = data[4 * i + c] & 0xff;
                int ink = complement ? stored : 255 - stored;
                rgb[3 * i + c] = clamp(light - mulDiv255(ink, light));
            }
        }
        return rgb;
    }

    private static int mulDiv255(int a, int b) {
        int t = a * b + 128;
        return (t >> 8) + t >> 8;
    }

    /** Turns the picture as EXIF orientation asks: 2 mirrored, 3 half turn, 6 and 8 quarter turns, and so on. */
    static RgbImage upright(RgbImage image, int orientation) {
        if (orientation == 1) {
            return image;
        }
        int w = image.width();
        int h = image.height();
        boolean transposed = orientation >= 5;
        RgbImage out = RgbImage.black(transposed ? h : w, transposed ? w : h);
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int toX = switch (orientation) {
                    case 2, 3 -> w - 1 - x;
                    case 5, 8 -> y;
                    case 6, 7 -> h - 1 - y;
                    default -> x;
                };
                int toY = switch (orientation) {
                    case 3, 4 -> h - 1 - y;
                    case 5, 6 -> x;
                    case 7, 8 -> w - 1 - x;
                    default -> y;
                };
                System.arraycopy(image.rgb(), 3 * (y * w + x), out.rgb(), 3 * (toY * out.width() + toX), 3);
            }
        }
        return out;
    }
}
