package dev.earshot.tools.demoworld;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.ClipStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Mp4EncoderTest {
    @TempDir
    Path folder;

    @Test
    void pictureOfEverySecondComesBackFromTheVideo() {
        DemoClip clip = new DemoWorld(Split.TEST, 0, 224, false).clip(DemoWorld.Layout.MS3, 3);
        Path file = folder.resolve("clip.mp4");
        new Mp4Encoder().encode(clip, file);

        int seconds = 0;
        try (ClipStream frames = Clip.open(file).stream()) {
            for (; frames.hasNext(); seconds++) {
                ClipFrame frame = frames.next();
                byte[] got = frame.image().rgb();
                double right = difference(clip.frameOfSecond(seconds).rgb(), got);
                // Measured 6.5: chroma at half resolution costs most of it.
                assertTrue(right < 10, "second " + seconds + " differs by " + right);
                int index = seconds * Clips.FRAME_RATE + 15;
                assertTrue(right < difference(clip.videoFrame(index - 1), got), "the frame before fits better");
                double dbfs = level(frame.sound());
                assertEquals(clip.scene().sounds(seconds), dbfs > -60, "second " + seconds + " at " + dbfs);
            }
        }
        assertEquals(5, seconds);
    }

    private static double difference(byte[] a, byte[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs((a[i] & 0xFF) - (b[i] & 0xFF));
        }
        return sum / a.length;
    }

    private static double level(float[] sound) {
        double sum = 0;
        for (float x : sound) {
            sum += x * x;
        }
        return 10 * Math.log10(sum / sound.length + 1e-12);
    }
}
