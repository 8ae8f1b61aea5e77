package dev.earshot.segmentation.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.audio.Waveform;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AudioSourceTest {
    @TempDir
    Path folder;

    private static double sineDbfs(double amplitude) {
        return 20 * Math.log10(amplitude / Math.sqrt(2));
    }

    @Test
    void secondsComeOneByOneWithTheirLoudness() {
        Path file = folder.resolve("a.mkv");
        TestVideos.ffmpeg("-f", "lavfi", "-i", TestVideos.RISING + "3.5", "-c:a", "pcm_s16le", "file:" + file);
        VideoProbe probe = VideoProbe.of(file);
        try (AudioSource sound = AudioSource.monoOfVideo(file, probe, 16_000, Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            for (int second = 0; second < 4; second++) {
                Waveform block = sound.next();
                assertEquals(second < 3 ? 16_000 : 8_000, block.length());
                assertEquals(sineDbfs(0.1 * (second + 1)), Loudness.dbfs(block.channel(0)), 0.01);
            }
            assertFalse(sound.hasNext());
        }
    }

    @Test
    void otherRatesAreConvertedAndChannelsMixedInHalves() {
        Path file = folder.resolve("stereo.mkv");
        String source = "aevalsrc='0.4*sin(2*PI*300*t)|0':s=44100:d=2";
        TestVideos.ffmpeg("-f", "lavfi", "-i", source, "-c:a", "pcm_s16le", "file:" + file);
        VideoProbe probe = VideoProbe.of(file);
        assertEquals(2, probe.audioChannels());
        assertEquals(44_100, probe.audioRateHz());
        try (AudioSource mono = AudioSource.monoOfVideo(file, probe, 16_000, Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            assertEquals(sineDbfs(0.2), Loudness.dbfs(mono.next().channel(0)), 0.1);
        }
        try (AudioSource both = AudioSource.ofVideo(file, probe, Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            Waveform second = both.next();
            assertEquals(44_100, second.length());
            assertEquals(sineDbfs(0.4), Loudness.dbfs(second.channel(0)), 0.1);
            assertEquals(Double.NEGATIVE_INFINITY, Loudness.dbfs(second.channel(1)));
        }
    }

    @Test
    void soundThatSetsInLateIsSilentBefore() {
        Path file = folder.resolve("late.mkv");
        TestVideos.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=32x32:r=10:d=3",
                "-itsoffset",
                "1",
                "-f",
                "lavfi",
                "-i",
                TestVideos.RISING + "2",
                "-c:v",
                "ffv1",
                "-c:a",
                "pcm_s16le",
                "file:" + file);
        VideoProbe probe = VideoProbe.of(file);
        try (AudioSource sound = AudioSource.monoOfVideo(file, probe, 16_000, Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            assertEquals(Double.NEGATIVE_INFINITY, Loudness.dbfs(sound.next().channel(0)));
            assertEquals(sineDbfs(0.1), Loudness.dbfs(sound.next().channel(0)), 0.05);
            assertEquals(sineDbfs(0.2), Loudness.dbfs(sound.next().channel(0)), 0.05);
        }
    }
}
