package dev.earshot.segmentation.audio;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes WAV files of any kind, correct and lying ones. */
final class WavBuilder {
    private final ByteArrayOutputStream extra = new ByteArrayOutputStream();
    private final int tag;
    private final int channels;
    private final int rate;
    private final int bits;
    private boolean floats;
    private double[] samples = {};
    private long claimed = -1;

    WavBuilder(int tag, int channels, int rate, int bits) {
        this.tag = tag;
        this.channels = channels;
        this.rate = rate;
        this.bits = bits;
        floats = tag == 3;
    }

    /** Whether an extensible header says float. */
    WavBuilder floats(boolean yes) {
        floats |= yes;
        return this;
    }

    WavBuilder samples(double... values) {
        samples = values;
        return this;
    }

    WavBuilder dataSize(long bytes) {
        claimed = bytes;
        return this;
    }

    /** A chunk between format and data, padded to even length. */
    WavBuilder chunk(String id, int length) {
        ByteBuffer b = ByteBuffer.allocate(8 + length + (length & 1)).order(ByteOrder.LITTLE_ENDIAN);
        b.put(id.getBytes(StandardCharsets.US_ASCII)).putInt(length);
        extra.writeBytes(b.array());
        return this;
    }

    byte[] withoutData() {
        byte[] all = bytes();
        return java.util.Arrays.copyOf(all, all.length - 8 - samples.length * bits / 8);
    }

    byte[] bytes() {
        boolean extensible = tag == 0xfffe;
        int data = samples.length * bits / 8;
        int format = extensible ? 40 : 16;
        ByteBuffer b =
                ByteBuffer.allocate(12 + 8 + format + extra.size() + 8 + data).order(ByteOrder.LITTLE_ENDIAN);
        b.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(b.capacity() - 8);
        b.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(format);
        b.putShort((short) tag).putShort((short) channels).putInt(rate).putInt(rate * channels * bits / 8);
        b.putShort((short) (channels * bits / 8)).putShort((short) bits);
        if (extensible) {
            b.putShort((short) 22).putShort((short) bits).putInt(0).putShort((short) (floats ? 3 : 1));
            b.put(new byte[14]);
        }
        b.put(extra.toByteArray());
        b.put("data".getBytes(StandardCharsets.US_ASCII)).putInt((int) (claimed < 0 ? data : claimed));
        for (double v : samples) {
            if (floats && bits == 32) {
                b.putFloat((float) v);
            } else {
                long integer = Math.round(v * (1L << bits - 1));
                for (int i = 0; i < bits; i += 8) {
                    b.put((byte) (integer >> i));
                }
            }
        }
        return b.array();
    }
}
