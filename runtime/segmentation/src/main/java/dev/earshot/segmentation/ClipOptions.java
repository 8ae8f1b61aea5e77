package dev.earshot.segmentation;

import dev.earshot.segmentation.audio.AudioLimits;
import dev.earshot.segmentation.image.ImageLimits;
import dev.earshot.segmentation.video.Sampling;
import dev.earshot.segmentation.video.VideoLimits;
import java.util.Objects;

/**
 * How a clip is taken apart.
 *
 * @param sampling pictures per second, which moment of each period, which part of a video; of folders and single
 *     pictures only the rate counts
 * @param video limits of video files
 * @param image limits of picture files
 * @param audio limits of WAV files
 */
public record ClipOptions(Sampling sampling, VideoLimits video, ImageLimits image, AudioLimits audio) {
    /** One picture a second, as AVSBench. */
    public static final ClipOptions DEFAULT =
            new ClipOptions(Sampling.DEFAULT, VideoLimits.DEFAULT, ImageLimits.DEFAULT, AudioLimits.DEFAULT);

    /** Checks that nothing is missing. */
    public ClipOptions {
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(video, "video");
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(audio, "audio");
    }

    /** Another sampling. */
    public ClipOptions withSampling(Sampling other) {
        return new ClipOptions(other, video, image, audio);
    }

    /** Another rate. */
    public ClipOptions withFramesPerSecond(double rate) {
        return withSampling(sampling.withFramesPerSecond(rate));
    }
}
