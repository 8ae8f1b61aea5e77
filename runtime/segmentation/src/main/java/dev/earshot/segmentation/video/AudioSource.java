package dev.earshot.segmentation.video;

import dev.earshot.segmentation.audio.Waveform;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;

/**
 * Sound in blocks of one second (the last may be shorter), never all in memory when it comes out of a video. Close it
 * when done; reading it to its end closes it too. Used by one thread.
 */
public sealed interface AudioSource extends Iterator<Waveform>, AutoCloseable permits VideoAudio, WaveformAudio {
    /** Samples per second and channel. */
    int sampleRateHz();

    /** Channels of every block. */
    int channels();

    /** What a user should know about the sound so far, such as damage; empty if all is well. */
    List<String> notes();

    /** From any thread: a read that waits for a decoder finds the end of the sound instead; close follows as ever. */
    default void stop() {}

    @Override
    void close();

    /**
     * The sound of a video as mono at {@code rateHz}, from its very beginning: where the sound sets in late or has gaps,
     * there is silence.
     *
     * @param sampling its part is taken; its rate does not matter
     * @throws dev.earshot.segmentation.MediaException if the probe knows no sound
     */
    static AudioSource monoOfVideo(Path file, VideoProbe probe, int rateHz, Sampling sampling, VideoLimits limits) {
        return new VideoAudio(file, probe, rateHz, 1, sampling, limits);
    }

    /** The sound of a video with the rate and channels it has. */
    static AudioSource ofVideo(Path file, VideoProbe probe, Sampling sampling, VideoLimits limits) {
        return new VideoAudio(file, probe, probe.audioRateHz(), probe.audioChannels(), sampling, limits);
    }

    /** A waveform that is in memory already. */
    static AudioSource of(Waveform wave) {
        return new WaveformAudio(wave);
    }
}
