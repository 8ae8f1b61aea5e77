package dev.earshot.segmentation.audio;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.output.AtomicFiles;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads and writes WAV files: PCM of 16, 24 or 32 bits and 32-bit float, 1 to 8 channels, 4 to 192 kHz, plain or
 * WAVE_FORMAT_EXTENSIBLE.
 *
 * <p>Sizes in RIFF files lie (streams are written with 0 or 0xFFFFFFFF, recorders crash): every chunk is bounded by the
 * file and never believed beyond it, and memory is asked for only after that.
 */
public final class WavFiles {
    private static final int PCM = 1;
    private static final int IEEE_FLOAT = 3;
    private static final int EXTENSIBLE = 0xfffe;
    private static final int BLOCK = 1 << 16;

    private WavFiles() {}

    /** Sample formats to write. */
    public enum Encoding {
        /** 16-bit integers, rounded and clipped. */
        PCM16,
        /** 32-bit floats, as they are. */
        FLOAT32
    }

    private record Format(int tag, int channels, int rateHz, int bits) {
        int frameBytes() {
            return channels * bits / 8;
        }
    }

    /** Reads a file within {@link AudioLimits#DEFAULT}. */
    public static Waveform read(Path file) {
        return read(file, AudioLimits.DEFAULT);
    }

    /**
     * Reads a file.
     *
     * @throws MediaException if it is not such a WAV file, holds no samples, or is longer than the limits
     * @throws UncheckedIOException if it cannot be read at all
     */
    public static Waveform read(Path file, AudioLimits limits) {
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            return read(in, String.valueOf(file.getFileName()), limits);
        } catch (EOFException e) {
            throw MediaException.of(
                    String.valueOf(file.getFileName()),
                    "a file that stays as long as it was",
                    "one that shrank while it was read",
                    "wait until the program that writes it has ended",
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    /** Reads from an open channel at its beginning; {@code name} is used in messages. */
    static Waveform read(SeekableByteChannel in, String name, AudioLimits limits) throws IOException {
        long size = in.size();
        if (size == 0) {
            throw bad(name, "a WAV file", "an empty file");
        }
        ByteBuffer head = size < 12 ? null : take(in, 12);
        boolean riff = head != null && (head.getInt(0) == 0x46464952 || head.getInt(0) == 0x34364652); // RIFF, RF64
        if (!riff || head.getInt(8) != 0x45564157) {
            throw bad(name, "a WAV file (RIFF ... WAVE)", "other first bytes");
        }
        Format format = null;
        while (size - in.position() >= 8) {
            ByteBuffer chunk = take(in, 8);
            int id = chunk.getInt(0);
            long length = Math.min(chunk.getInt(4) & 0xffff_ffffL, size - in.position());
            if (id == 0x20746d66) { // "fmt "
                if (format != null) {
                    throw bad(name + " fmt chunk", "one", "a second");
                }
                format = format(in, length, name);
            } else if (id == 0x61746164) { // "data"
                if (format == null) {
                    throw bad(name, "a fmt chunk before the data", "none");
                }
                return samples(in, length, format, name, limits);
            } else {
                in.position(Math.min(size, in.position() + length + (length & 1)));
            }
        }
        throw bad(name, "a data chunk", "end of file at byte " + size);
    }

    private static MediaException bad(String what, String expected, Object got) {
        return MediaException.of(
                what, expected, String.valueOf(got), "convert it with: ffmpeg -i INPUT -c:a pcm_s16le OUTPUT.wav");
    }

    private static ByteBuffer take(SeekableByteChannel in, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (in.read(buffer) < 0) {
                throw new EOFException();
            }
        }
        return buffer.flip();
    }

    private static Format format(SeekableByteChannel in, long length, String name) throws IOException {
        if (length < 16) {
            throw bad(name + " fmt chunk", "at least 16 bytes", length);
        }
        long next = in.position() + length + (length & 1);
        ByteBuffer b = take(in, (int) Math.min(length, 40));
        int tag = b.getShort(0) & 0xffff;
        int channels = b.getShort(2) & 0xffff;
        long rate = b.getInt(4) & 0xffff_ffffL;
        int align = b.getShort(12) & 0xffff;
        int bits = b.getShort(14) & 0xffff;
        if (tag == EXTENSIBLE) {
            if (b.limit() < 40) {
                throw bad(name + " fmt chunk", "40 bytes for an extensible format", length);
            }
            tag = b.getShort(24) & 0xffff; // the first two bytes of the sub-format's GUID
        }
        boolean known = tag == PCM && (bits == 16 || bits == 24 || bits == 32) || tag == IEEE_FLOAT && bits == 32;
        if (!known) {
            throw bad(name + " format", "PCM of 16, 24 or 32 bits or 32-bit float", "tag " + tag + " with " + bits);
        }
        if (channels < 1 || channels > 8 || rate < 4000 || rate > 192_000) {
            throw bad(name + " format", "1 to 8 channels at 4 to 192 kHz", channels + " channels at " + rate + " Hz");
        }
        if (align != channels * bits / 8) {
            throw bad(name + " block size", channels * bits / 8 + " bytes", align);
        }
        in.position(Math.min(in.size(), next));
        return new Format(tag, channels, (int) rate, bits);
    }

    private static Waveform samples(SeekableByteChannel in, long length, Format format, String name, AudioLimits limits)
            throws IOException {
        long frames = length / format.frameBytes();
        if (frames == 0) {
            throw bad(name, "at least one sample", "a data chunk of " + length + " bytes");
        }
        long total = frames * format.channels();
        if (frames > limits.maxSeconds() * format.rateHz()
                || total > limits.maxSamples()
                || total * 4 > Runtime.getRuntime().maxMemory() / 2) {
            throw MediaException.of(
                    name + " length",
                    "at most " + limits.maxSeconds() + " s, " + limits.maxSamples() + " samples and half of the heap",
                    frames / format.rateHz() + " s, " + total + " samples",
                    "cut it into pieces");
        }
        float[][] channels = new float[format.channels()][(int) frames];
        int blockFrames = Math.max(1, BLOCK / format.frameBytes());
        for (int done = 0; done < frames; ) {
            int count = (int) Math.min(blockFrames, frames - done);
            decode(take(in, count * format.frameBytes()), format, channels, done, count);
            done += count;
        }
        return new Waveform(channels, format.rateHz());
    }

    private static void decode(ByteBuffer block, Format format, float[][] channels, int at, int count) {
        for (int i = 0; i < count; i++) {
            for (float[] channel : channels) {
                channel[at + i] = switch (format.bits()) {
                    case 16 -> block.getShort() / 32768f;
                    case 24 ->
                        ((block.get() & 0xff) << 8 | (block.get() & 0xff) << 16 | block.get() << 24) / 2147483648f;
                    default -> format.tag() == IEEE_FLOAT ? finite(block.getFloat()) : block.getInt() / 2147483648f;
                };
            }
        }
    }

    /** NaN and infinities would poison every feature of the clip; such samples are silent. */
    private static float finite(float value) {
        return Float.isFinite(value) ? value : 0;
    }

    /** Writes a waveform; a file of that name is replaced in one step. */
    public static void write(Path file, Waveform wave, Encoding encoding) {
        int bytes = encoding == Encoding.PCM16 ? 2 : 4;
        long data = (long) wave.length() * wave.channels() * bytes;
        if (data > Integer.MAX_VALUE - 64) {
            throw new IllegalArgumentException("WAV file: expected less than 2 GiB, got " + data + " bytes");
        }
        AtomicFiles.write(file, out -> {
            out.write(header(wave, encoding, bytes, (int) data).array());
            writeSamples(out, wave, encoding, bytes);
        });
    }

    /** Writes bare 16-bit little-endian samples, channels interleaved, without any header. */
    public static void writePcm16(OutputStream out, Waveform wave) throws IOException {
        writeSamples(out, wave, Encoding.PCM16, 2);
    }

    private static void writeSamples(OutputStream out, Waveform wave, Encoding encoding, int bytes) throws IOException {
        int frames = Math.max(1, BLOCK / (wave.channels() * bytes));
        for (int from = 0; from < wave.length(); from += frames) {
            int to = Math.min(wave.length(), from + frames);
            ByteBuffer block =
                    ByteBuffer.allocate((to - from) * wave.channels() * bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = from; i < to; i++) {
                for (int c = 0; c < wave.channels(); c++) {
                    put(block, wave.channel(c)[i], encoding);
                }
            }
            out.write(block.array());
        }
    }

    private static void put(ByteBuffer block, float value, Encoding encoding) {
        if (encoding == Encoding.FLOAT32) {
            block.putFloat(value);
        } else {
            block.putShort((short) Math.max(-32768, Math.min(32767, Math.round(value * 32768.0))));
        }
    }

    private static ByteBuffer header(Waveform wave, Encoding encoding, int bytes, int data) {
        ByteBuffer b = ByteBuffer.allocate(44).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0x46464952).putInt(36 + data).putInt(0x45564157);
        b.putInt(0x20746d66).putInt(16);
        b.putShort((short) (encoding == Encoding.PCM16 ? PCM : IEEE_FLOAT)).putShort((short) wave.channels());
        b.putInt(wave.sampleRateHz()).putInt(wave.sampleRateHz() * wave.channels() * bytes);
        b.putShort((short) (wave.channels() * bytes)).putShort((short) (8 * bytes));
        b.putInt(0x61746164).putInt(data);
        return b;
    }
}
