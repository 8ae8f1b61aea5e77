package dev.earshot.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.segmentation.output.MaskPng;
import dev.earshot.segmentation.video.TestVideos;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.Weights;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentVideoTest {
    @TempDir
    private Path folder;

    @Test
    void theExampleWritesOneMaskPerSecond() {
        SafetensorsWriter writer = new SafetensorsWriter();
        Weights tiny = ImageBind.filler(TinyModel.CONFIG);
        tiny.keys().forEach(key -> writer.tensor(key, tiny.read(key)));
        writer.write(folder.resolve(MocaWeights.IMAGEBIND_FILE));
        Path video = TestVideos.mp4(folder.resolve("video.mp4"), 2, 64, 48);

        SegmentVideo.segment(video, folder, folder);

        assertEquals(64, MaskPng.read(folder.resolve("00001.png")).width());
    }
}
