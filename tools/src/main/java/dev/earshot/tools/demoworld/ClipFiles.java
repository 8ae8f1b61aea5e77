package dev.earshot.tools.demoworld;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/** Writes pictures and sounds with nothing but the JDK; parent folders are made. */
final class ClipFiles {
    private ClipFiles() {}

    /** Writes [size, size, 3] bytes; the extension, png or jpg, decides the format. */
    static void writeRgb(Path file, byte[] rgb, int size) {
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        int[] pixels = new int[size * size];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (rgb[3 * i] & 0xFF) << 16 | (rgb[3 * i + 1] & 0xFF) << 8 | rgb[3 * i + 2] & 0xFF;
        }
        image.setRGB(0, 0, size, size, pixels, 0, size);
        write(file, image);
    }

    /** Writes [size, size] grey levels as an 8-bit PNG. */
    static void writeGrey(Path file, byte[] grey, int size) {
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, size, size, grey);
        write(file, image);
    }

    private static void write(Path file, BufferedImage image) {
        String name = file.getFileName().toString();
        String format = name.substring(name.lastIndexOf('.') + 1);
        try {
            Files.createDirectories(file.getParent());
            if (!ImageIO.write(image, format, file.toFile())) {
                throw new IOException("the JDK has no writer for " + format);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("demo world: cannot write " + file, e);
        }
    }

    /** Writes mono samples in [-1, 1] as 16-bit PCM at 16 kHz. */
    static void writeWav(Path file, float[] wave) {
        ByteBuffer bytes = pcm16(wave);
        AudioFormat format = new AudioFormat(SoundSynthesizer.SAMPLE_RATE, 16, 1, true, false);
        try (AudioInputStream stream =
                new AudioInputStream(new ByteArrayInputStream(bytes.array()), format, wave.length)) {
            Files.createDirectories(file.getParent());
            AudioSystem.write(stream, AudioFileFormat.Type.WAVE, file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException("demo world: cannot write " + file, e);
        }
    }

    /** Little-endian 16-bit samples. */
    static ByteBuffer pcm16(float[] wave) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * wave.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float x : wave) {
            bytes.putShort((short) Math.round(x * 32767));
        }
        return bytes.flip();
    }
}
