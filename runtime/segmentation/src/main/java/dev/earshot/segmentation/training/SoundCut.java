package dev.earshot.segmentation.training;

import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.audio.Waveform;
import java.util.Arrays;

/** Which part of a clip's sound goes into the audio trunk. */
public enum SoundCut {
    /**
     * The second in the middle, around the picture: what a frame hears when it is segmented, and hence the default. One
     * log-mel picture.
     */
    SECOND(1),
    /** The two seconds in the middle, ImageBind's length of a clip. One log-mel picture. */
    CLIP(2),
    /** ImageBind's evaluation: three pieces of two seconds over the whole length. Three log-mel pictures. */
    CLIPS(0);

    private static final ImageBindAudio LOG_MEL = ImageBindAudio.STANDARD;

    private final int seconds;

    SoundCut(int seconds) {
        this.seconds = seconds;
    }

    /** How many log-mel pictures one sound gives. */
    public int pictures() {
        return this == CLIPS ? LOG_MEL.clips() : 1;
    }

    /**
     * The log-mel pictures of a sound.
     *
     * @param sound mono at 16 kHz
     * @return [pictures][128 * 204], each [mel, frames]
     */
    float[][] logMel(Waveform sound) {
        if (this == CLIPS) {
            return LOG_MEL.clips(sound);
        }
        int length = Math.min(sound.length(), seconds * sound.sampleRateHz());
        int from = (sound.length() - length) / 2;
        return new float[][] {LOG_MEL.segment(Arrays.copyOfRange(sound.channel(0), from, from + length))};
    }
}
