package dev.earshot.segmentation.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Image files made by the JDK's writers, and tools to damage them. */
final class Samples {
    private Samples() {}

    static byte[] png(BufferedImage image, boolean interlaced) throws IOException {
        return write("png", new IIOImage(image, null, null), interlaced);
    }

    static byte[] jpeg(BufferedImage image) throws IOException {
        return write("jpeg", new IIOImage(image, null, null), false);
    }

    static byte[] cmykJpeg(int width, int height, int... ink) throws IOException {
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, 4, null);
        for (int i = 0; i < width * height; i++) {
            raster.setPixel(i % width, i / width, ink);
        }
        return write("jpeg", new IIOImage(raster, null, null), false);
    }

    private static byte[] write(String format, IIOImage image, boolean progressive) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        try (ImageOutputStream out = new javax.imageio.stream.MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam param = writer.getDefaultWriteParam();
            if (progressive) {
                param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            }
            writer.write(null, image, param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    static BufferedImage jdkRead(byte[] file) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(file));
    }

    static byte[] rgb(BufferedImage image) {
        RgbImage out = RgbImage.black(image.getWidth(), image.getHeight());
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                out.setPixel(x, y, image.getRGB(x, y));
            }
        }
        return out.rgb();
    }

    /** Puts an EXIF segment with nothing but an orientation behind the start marker. */
    static byte[] withOrientation(byte[] jpeg, int orientation, boolean little) {
        ByteBuffer exif = ByteBuffer.allocate(2 + 2 + 6 + 8 + 2 + 12 + 4);
        exif.put((byte) 0xff).put((byte) 0xe1).putShort((short) (exif.capacity() - 2));
        exif.put("Exif\0\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        exif.order(little ? java.nio.ByteOrder.LITTLE_ENDIAN : java.nio.ByteOrder.BIG_ENDIAN);
        exif.put(little ? (byte) 'I' : (byte) 'M').put(little ? (byte) 'I' : (byte) 'M');
        exif.putShort((short) 42).putInt(8).putShort((short) 1);
        exif.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) orientation);
        byte[] out = new byte[jpeg.length + exif.capacity()];
        System.arraycopy(jpeg, 0, out, 0, 2);
        System.arraycopy(exif.array(), 0, out, 2, exif.capacity());
        System.arraycopy(jpeg, 2, out, 2 + exif.capacity(), jpeg.length - 2);
        return out;
    }

    static void putInt(byte[] bytes, int at, int value) {
        ByteBuffer.wrap(bytes).putInt(at, value);
    }

    static int indexOf(byte[] bytes, int... pattern) {
        for (int i = 0; i + pattern.length <= bytes.length; i++) {
            int n = 0;
            while (n < pattern.length && (bytes[i + n] & 0xff) == pattern[n]) {
                n++;
            }
            if (n == pattern.length) {
                return i;
            }
        }
        throw new AssertionError("pattern not found");
    }

    /** Recomputes the checksums of all chunks that can be walked over. */
    static void repairPng(byte[] png) {
        ByteBuffer buffer = ByteBuffer.wrap(png);
        for (long at = 8; at + 12 <= png.length; ) {
            long length = buffer.getInt((int) at) & 0xffff_ffffL;
            if (at + 12 + length > png.length) {
                return;
            }
            CRC32 crc = new CRC32();
            crc.update(png, (int) at + 4, (int) length + 4);
            buffer.putInt((int) (at + 8 + length), (int) crc.getValue());
            at += 12 + length;
        }
    }
}
