package dev.earshot.segmentation;

import dev.earshot.segmentation.video.AudioSource;
import java.util.Arrays;
import java.util.List;

/** A window that moves forward over streamed mono sound and keeps nothing behind it. */
final class SoundWindow implements AutoCloseable {
    private final AudioSource source;
    private float[] kept = new float[0];
    private long first; // position of kept[0] in the sound

    SoundWindow(AudioSource source) {
        this.source = source;
    }

    /**
     * Samples {@code start} to {@code start + length}; zeros behind the end of the sound.
     *
     * @param start not before the start of the last call
     */
    float[] read(long start, int length) {
        while (first + kept.length < start + length && source.hasNext()) {
            float[] block = source.next().channel(0);
            int drop = (int) Math.min(kept.length, Math.max(0, start - first));
            int rest = kept.length - drop;
            float[] joined = Arrays.copyOfRange(kept, drop, drop + rest + block.length);
            System.arraycopy(block, 0, joined, rest, block.length);
            first += drop;
            kept = joined;
        }
        float[] out = new float[length];
        long from = start - first;
        if (from < kept.length) {
            System.arraycopy(kept, (int) from, out, 0, (int) Math.min(length, kept.length - from));
        }
        return out;
    }

    /** Samples in memory, for tests. */
    int kept() {
        return kept.length;
    }

    List<String> notes() {
        return source.notes();
    }

    void stop() {
        source.stop();
    }

    @Override
    public void close() {
        source.close();
    }
}
