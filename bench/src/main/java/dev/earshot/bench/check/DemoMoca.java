package dev.earshot.bench.check;

import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Segmenters;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.weights.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** MoCA with the demo weights on frames of noise: pictures and sounds to masks without a decoder. */
final class DemoMoca {
    private static final String WEIGHTS = "dev/earshot/tools/demo/imagebind-demo.safetensors";
    private static final int SIDE = 224;
    private static final int SAMPLES = 16_000;

    private DemoMoca() {}

    /** The weights in the jar of the tools. */
    static MocaWeights weights() {
        try (InputStream in = DemoMoca.class.getClassLoader().getResourceAsStream(WEIGHTS)) {
            if (in == null) {
                throw new IllegalStateException(WEIGHTS + ": expected on the class path, got nothing");
            }
            return MocaWeights.of(Safetensors.parse(in.readAllBytes(), WEIGHTS));
        } catch (IOException e) {
            throw new UncheckedIOException(WEIGHTS + " cannot be read", e);
        }
    }

    static Segmenter open(Backend backend, MocaWeights weights) {
        return Segmenters.moca(backend, weights, MocaSettings.DEFAULT);
    }

    /** Loud noise, other noise in each frame. */
    static List<ClipFrame> frames(int count) {
        SplittableRandom random = new SplittableRandom(5);
        List<ClipFrame> frames = new ArrayList<>();
        for (int f = 0; f < count; f++) {
            byte[] rgb = new byte[3 * SIDE * SIDE];
            random.nextBytes(rgb);
            float[] sound = new float[SAMPLES];
            for (int i = 0; i < SAMPLES; i++) {
                sound[i] = (float) (random.nextDouble() - 0.5);
            }
            frames.add(new ClipFrame(f, f, new RgbImage(SIDE, SIDE, rgb), sound));
        }
        return frames;
    }
}
