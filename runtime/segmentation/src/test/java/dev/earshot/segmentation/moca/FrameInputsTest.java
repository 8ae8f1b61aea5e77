package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.HostTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameInputsTest {
    /** A frame of noise, or without sound. */
    static ClipFrame frame(int index, int width, int height, boolean sounds) {
        Random random = new Random(index);
        byte[] rgb = new byte[3 * width * height];
        random.nextBytes(rgb);
        float[] sound = new float[16_000];
        for (int i = 0; sounds && i < sound.length; i++) {
            sound[i] = (float) (0.3 * Math.sin(i * 0.05 * (index + 1)) + 0.01 * random.nextGaussian());
        }
        return new ClipFrame(index, index, new RgbImage(width, height, rgb), sound);
    }

    @Test
    void memoryUsedAgainHoldsWhatFreshMemoryWould() {
        MocaSettings settings = TinyModel.settings(3);
        ImagePreprocess picture = ImagePreprocess.MOCA.square(TinyModel.SIDE);
        List<List<ClipFrame>> batches = List.of(
                List.of(frame(0, 61, 40, true), frame(1, 61, 40, false), frame(2, 61, 40, true)),
                List.of(frame(3, 30, 90, true), frame(4, 56, 56, true), frame(5, 61, 56, true)),
                List.of(frame(6, 56, 40, true)),
                List.of(frame(7, 1, 1, false)));
        try (Arena arena = Arena.ofConfined()) {
            FrameInputs inputs = new FrameInputs(settings, arena);
            for (List<ClipFrame> batch : batches) {
                inputs.with(batch);
                List<ClipFrame> sounding =
                        batch.stream().filter(frame -> frame.sound()[100] != 0).toList();
                assertEquals(batch.size(), inputs.frames().size());
                assertEquals(sounding.size(), inputs.sounding());
                for (int i = 0; i < sounding.size(); i++) {
                    ClipFrame frame = sounding.get(i);
                    assertArrayEquals(picture.apply(frame.image()), normalised(picture, inputs.pictures(i, 1)));
                    assertArrayEquals(
                            ImageBindAudio.STANDARD.segment(frame.sound()),
                            inputs.sounds(i, 1).toFloats());
                    assertArrayEquals(
                            new float[] {frame.index()}, inputs.indices(i, 1).toFloats());
                }
                if (sounding.size() == 2) {
                    assertArrayEquals(new float[] {0, 2}, inputs.indices(0, 2).toFloats());
                    assertEquals("[2, 56, 56, 3]", inputs.pictures(0, 2).shape().toString());
                }
            }
        }
    }

    private static float[] normalised(ImagePreprocess picture, HostTensor bytes) {
        byte[] rgb = bytes.data().toArray(ValueLayout.JAVA_BYTE);
        return picture.normalised(new RgbImage(TinyModel.SIDE, TinyModel.SIDE, rgb));
    }
}
