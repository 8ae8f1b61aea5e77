package dev.earshot.tools.demoworld;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Segmenters;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tools.segment.WeightsInUse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoWeightsTest {
    @TempDir
    Path folder;

    private static Weights shipped(String name) throws IOException {
        try (InputStream in = DemoWeightsTest.class.getResourceAsStream("/dev/earshot/tools/demo/" + name)) {
            return Safetensors.parse(in.readAllBytes(), name);
        }
    }

    @Test
    void imageBindFormFileTellsItsSizesAndWhatItIs() throws IOException {
        try (Weights weights = shipped("imagebind-demo.safetensors")) {
            ImageBindConfig config = ImageBindConfig.of(weights);
            assertEquals(
                    new VitConfig(224, 14, 128, 4, 4, 512, 1e-6f),
                    config.vision().vit());
            assertEquals(128, config.audio().outputWidth());
            assertEquals("true", weights.metadata().get("earshot.demo"));
            assertTrue(weights.metadata().get("earshot.supervision").contains("no masks"));
        }
    }

    @Test
    void dinoFormFileTellsItsSizesAndWhatItIs() throws IOException {
        try (Weights weights = shipped("dino-demo.safetensors")) {
            assertEquals(
                    new VitConfig(224, 16, 128, 4, 4, 512, 1e-6f),
                    DinoConfig.of(weights).vit());
            assertEquals("true", weights.metadata().get("earshot.demo"));
        }
    }

    /** Three unseen clips and the sounds of others: a check that all parts fit together, not a measurement. */
    @Test
    void masksFollowTheSoundOnUnseenClips() {
        DemoWorld world = new DemoWorld(Split.TEST, 0, 224, null);
        int[] clips = {0, 2, 3}; // capsule, gear and square sound; none is in the picture of the clip before it
        world.write(DemoWorld.Layout.S4, 4, folder, _ -> {});
        double right = 0;
        double swapped = 0;
        try (Backend backend = Backends.open("auto");
                WeightsInUse files = WeightsInUse.open(Optional.empty(), Optional.empty());
                Segmenter segmenter = Segmenters.moca(backend, files.weights(), MocaSettings.DEFAULT)) {
            for (int i = 0; i < clips.length; i++) {
                DemoClip seen = world.clip(DemoWorld.Layout.S4, clips[i]);
                DemoClip other = world.clip(DemoWorld.Layout.S4, clips[(i + 1) % clips.length]);
                right += meanIou(segmenter, seen, seen) / clips.length;
                swapped += meanIou(segmenter, seen, other) / clips.length;
            }
        }
        assertTrue(right > 0.5, "mIoU " + right);
        assertTrue(
                swapped < 0.5 * right, "mIoU %f with swapped sound, %f with the right one".formatted(swapped, right));
    }

    private double meanIou(Segmenter segmenter, DemoClip seen, DemoClip heard) {
        Path data = folder.resolve("Single-source/s4_data");
        Path frames = data.resolve(Path.of("visual_frames", "test", seen.category(), seen.name()));
        Path sound = data.resolve(Path.of("audio_wav", "test", heard.category(), heard.name() + ".wav"));
        double sum = 0;
        try (Masks masks = segmenter.segment(Clip.ofFrames(frames, sound))) {
            for (FrameMask result : masks) {
                SceneRenderer.Frame frame = seen.frameOfSecond(result.index());
                byte[] truth = seen.soundingMask(frame, result.index());
                sum += result.mask().iou(BinaryMask.of(seen.size(), seen.size(), truth)) / seen.seconds();
            }
        }
        return sum;
    }
}
