package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipStream;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.internal.StageClock;
import dev.earshot.segmentation.output.PngFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeClipReaderTest {
    /** A picture and a second of sound. */
    private static final long FRAME_BYTES = 3 * 20 * 10 + 4 * 16_000;

    @TempDir
    private Path folder;

    private ClipStream fiveFrames() {
        Path picture = folder.resolve("still.png");
        PngFiles.write(picture, RgbImage.black(20, 10));
        Path sound = folder.resolve("still.wav");
        WavFiles.write(sound, Waveform.mono(new float[5 * 16_000], 16_000), WavFiles.Encoding.PCM16);
        return Clip.ofImage(picture, sound).stream();
    }

    @Test
    void allFramesAtOnceAsLongAsTheyFit() {
        try (ClipStream stream = fiveFrames()) {
            WholeClipReader reader = new WholeClipReader(stream, new StageClock(), 5 * FRAME_BYTES);
            assertEquals(5, reader.next().size());
            assertNull(reader.next());
        }
    }

    @Test
    void aClipThatDoesNotFitIsRefusedWithAWayOut() {
        try (ClipStream stream = fiveFrames()) {
            WholeClipReader reader = new WholeClipReader(stream, new StageClock(), 5 * FRAME_BYTES - 1);
            IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, reader::next);
            assertTrue(refused.getMessage().contains("--scope frame"), refused.getMessage());
            assertTrue(refused.getMessage().contains("frame 4"), refused.getMessage());
        }
    }
}
