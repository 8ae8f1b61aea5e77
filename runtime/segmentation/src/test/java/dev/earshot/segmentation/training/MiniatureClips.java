package dev.earshot.segmentation.training;

import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.JpegFiles;
import dev.earshot.tensor.SplitMix64;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Small training folders whose content is known. */
final class MiniatureClips {
    /** Names as YouTube has them: a leading dash, underscores inside and at the end of the id. */
    static final List<String> NAMES = List.of(
            "-abc_def-gh_000030",
            "0123456789a_000000",
            "Zz__000007_ab_000120",
            "_leading_un_000001",
            "aaaaaaaaaa__000042");

    private MiniatureClips() {}

    /** A clip whose picture and pitch depend on {@code kind}; copies of a kind differ a little by {@code variant}. */
    static void clip(Path root, String name, int kind, int variant) {
        frame(root, name, kind, variant);
        sound(root, name, kind, 16_000, 1, 3);
    }

    static void frame(Path root, String name, int kind, int variant) {
        SplitMix64 random = new SplitMix64(kind);
        RgbImage image = RgbImage.black(64, 48);
        for (int y = 0; y < 48; y += 8) {
            for (int x = 0; x < 64; x += 8) {
                int colour = random.below(1 << 24);
                for (int i = 0; i < 64; i++) {
                    image.setPixel(x + i % 8, y + i / 8, colour);
                }
            }
        }
        image.setPixel(variant, 3, 0xffffff);
        JpegFiles.write(root.resolve("frames").resolve(name + ".jpg"), image, 0.9f);
    }

    static void sound(Path root, String name, int kind, int rateHz, int channels, int seconds) {
        float[][] samples = new float[channels][seconds * rateHz];
        for (int i = 0; i < samples[0].length; i++) {
            for (float[] channel : samples) {
                channel[i] = (float) (0.3 * Math.sin(2 * Math.PI * (200 + 100 * kind) * i / rateHz));
            }
        }
        WavFiles.write(
                root.resolve("audio").resolve(name + ".wav"), new Waveform(samples, rateHz), WavFiles.Encoding.PCM16);
    }

    /** A folder of {@code count} clips in {@code kinds} kinds that take turns. */
    static Path folder(Path root, int count, int kinds) {
        for (int i = 0; i < count; i++) {
            clip(root, "video%06d_%06d".formatted(i, 0), i % kinds, i / kinds);
        }
        return root;
    }

    /** Keeps what it is told. */
    static final class Notes implements WorkProgress {
        final List<String> lines = new ArrayList<>();
        final List<String> tasks = new ArrayList<>();

        @Override
        public Task begin(String task, int total, String unit) {
            tasks.add(task);
            return NONE.begin(task, total, unit);
        }

        @Override
        public void note(String line) {
            lines.add(line);
        }
    }
}
