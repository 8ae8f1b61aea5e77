package dev.earshot.segmentation.training;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.video.AudioSource;
import dev.earshot.segmentation.video.FrameSource;
import dev.earshot.segmentation.video.Sampling;
import dev.earshot.segmentation.video.VideoLimits;
import dev.earshot.segmentation.video.VideoProbe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Takes ten seconds of a video apart: the picture in the middle and the sound as 16 kHz mono. */
final class ClipExtractor {
    /** Length of VGGSound's clips. */
    static final double CLIP_SECONDS = 10;

    private static final double SHORTEST_SECONDS = 1;

    /** The networks see 224 pixels a side; twice that leaves room for crops and costs a tenth of full HD. */
    private static final int MAX_SIDE = 448;

    private static final VideoLimits LIMITS = new VideoLimits(
            MAX_SIDE,
            VideoLimits.DEFAULT.maxPixels(),
            VideoLimits.DEFAULT.maxSeconds(),
            VideoLimits.DEFAULT.maxFrames(),
            VideoLimits.DEFAULT.stall());

    private ClipExtractor() {}

    /** What a clip consists of. */
    record Extract(RgbImage picture, Waveform sound) {}

    /**
     * Decodes a clip.
     *
     * @throws MediaException if the video cannot be decoded, has no pictures or no sound, or ends before the clip
     */
    static Extract read(VideoFolder.Source source) {
        VideoProbe probe = VideoProbe.of(source.file(), LIMITS);
        String name = source.file().getFileName().toString();
        if (!probe.hasAudio() || !probe.hasVideo()) {
            throw MediaException.of(
                    name, "pictures and sound", probe.hasVideo() ? "pictures only" : "sound only", "leave it out");
        }
        double rest = Double.isNaN(probe.seconds()) ? CLIP_SECONDS : probe.seconds() - source.startSeconds();
        double seconds = Math.min(CLIP_SECONDS, rest);
        if (seconds < SHORTEST_SECONDS) {
            throw tooShort(name, source, seconds);
        }
        Sampling whole = new Sampling(1 / seconds, Sampling.Pick.MIDDLE, source.startSeconds(), seconds);
        Waveform sound = sound(source.file(), probe, whole);
        if (sound.seconds() < SHORTEST_SECONDS) {
            throw tooShort(name + " sound", source, sound.seconds());
        }
        try (FrameSource frames = FrameSource.ofVideo(source.file(), probe, whole, LIMITS)) {
            return new Extract(frames.next().image(), sound);
        }
    }

    private static MediaException tooShort(String what, VideoFolder.Source source, double seconds) {
        return MediaException.of(
                what,
                "at least %.0f s from second %.0f on".formatted(SHORTEST_SECONDS, source.startSeconds()),
                "%.2f s".formatted(Math.max(0, seconds)),
                "leave it out");
    }

    private static Waveform sound(Path file, VideoProbe probe, Sampling part) {
        List<Waveform> blocks = new ArrayList<>();
        try (AudioSource source = AudioSource.monoOfVideo(file, probe, TrainingClips.SAMPLE_RATE_HZ, part, LIMITS)) {
            source.forEachRemaining(blocks::add);
        }
        float[] samples = new float[blocks.stream().mapToInt(Waveform::length).sum()];
        int at = 0;
        for (Waveform block : blocks) {
            System.arraycopy(block.channel(0), 0, samples, at, block.length());
            at += block.length();
        }
        return Waveform.mono(samples, TrainingClips.SAMPLE_RATE_HZ);
    }
}
