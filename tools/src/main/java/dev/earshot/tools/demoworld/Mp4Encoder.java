package dev.earshot.tools.demoworld;

import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.video.VideoWriter;
import java.nio.file.Path;

/** Encodes clips with FFmpeg, in a process of its own. */
final class Mp4Encoder implements VideoEncoder {
    @Override
    public void encode(DemoClip clip, Path file) {
        try (VideoWriter video = VideoWriter.open(file, clip.size(), clip.size(), Clips.FRAME_RATE)) {
            video.sound(Waveform.mono(clip.wave(), SoundSynthesizer.SAMPLE_RATE));
            for (int i = 0; i < clip.videoFrames(); i++) {
                video.write(new RgbImage(clip.size(), clip.size(), clip.videoFrame(i)));
            }
            video.finish();
        }
    }
}
