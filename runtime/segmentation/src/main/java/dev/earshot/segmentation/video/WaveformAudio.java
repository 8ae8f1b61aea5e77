package dev.earshot.segmentation.video;

import dev.earshot.segmentation.audio.Waveform;
import java.util.List;
import java.util.NoSuchElementException;

/** Sound from memory. */
final class WaveformAudio implements AudioSource {
    private final Waveform wave;
    private int at;

    WaveformAudio(Waveform wave) {
        this.wave = wave;
    }

    @Override
    public int sampleRateHz() {
        return wave.sampleRateHz();
    }

    @Override
    public int channels() {
        return wave.channels();
    }

    @Override
    public boolean hasNext() {
        return at < wave.length();
    }

    @Override
    public Waveform next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more sound");
        }
        int from = at;
        at = Math.min(wave.length(), from + wave.sampleRateHz());
        return wave.slice(from, at);
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public void close() {
        at = wave.length();
    }
}
