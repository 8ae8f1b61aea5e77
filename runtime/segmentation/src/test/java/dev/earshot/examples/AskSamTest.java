package dev.earshot.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.segmentation.output.MaskPng;
import dev.earshot.segmentation.output.PngFiles;
import dev.earshot.segmentation.sam.TinySam;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.Weights;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AskSamTest {
    @TempDir
    private Path folder;

    @Test
    void theExampleWritesTheMaskOfAnObject() {
        SafetensorsWriter writer = new SafetensorsWriter().metadata("earshot.sam_decoder_heads", "4");
        Weights tiny = TinySam.weights();
        tiny.keys().forEach(key -> writer.tensor(key, tiny.read(key)));
        writer.write(folder.resolve("sam.safetensors"));
        PngFiles.write(folder.resolve("picture.png"), TinySam.picture(64, 48, 1));

        AskSam.ask(folder.resolve("sam.safetensors"), folder.resolve("picture.png"), folder);

        assertEquals(48, MaskPng.read(folder.resolve("object.png")).height());
    }
}
