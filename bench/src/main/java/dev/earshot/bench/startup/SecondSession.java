package dev.earshot.bench.startup;

import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Segmenters;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MocaModel;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Two segmenters of one process on one model: what the second adds to the first. Linux, which tells a process its memory. */
final class SecondSession {
    private SecondSession() {}

    /**
     * What a session adds to the process, from nothing to its first mask.
     *
     * @param millis time
     * @param residentBytes memory that the process holds more than before
     * @param weightBytes prepared weights that there are more than before
     */
    record Cost(double millis, long residentBytes, long weightBytes) {}

    /** First and second session. */
    static List<Cost> measure(Path file) throws IOException {
        long before = resident();
        long t0 = System.nanoTime();
        try (Backend backend = Backends.open("cpu");
                MocaModel model = load(backend, file);
                Segmenter first = Segmenters.moca(model, MocaSettings.DEFAULT)) {
            first.segment(List.of(frame()));
            long t1 = System.nanoTime();
            long between = resident();
            long weights = model.bytes();
            try (Segmenter second = Segmenters.moca(model, MocaSettings.DEFAULT)) {
                second.segment(List.of(frame()));
                return List.of(
                        new Cost((t1 - t0) / 1e6, between - before, weights),
                        new Cost(
                                (System.nanoTime() - t1) / 1e6,
                                Math.max(0, resident() - between),
                                model.bytes() - weights));
            }
        }
    }

    private static MocaModel load(Backend backend, Path file) {
        try (MocaWeights weights = MocaWeights.of(Weights.open(file))) {
            return MocaModel.load(backend, weights, DType.F32);
        }
    }

    private static ClipFrame frame() {
        float[] sound = new float[16_000];
        for (int i = 0; i < sound.length; i++) {
            sound[i] = (float) (0.3 * Math.sin(i * 0.1));
        }
        return new ClipFrame(0, 0, RgbImage.black(224, 224), sound);
    }

    /** Private memory in RAM; pages of the mapped file, which the system may take back, do not count. */
    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
            }
        }
        throw new IOException("/proc/self/status: expected a line RssAnon, got none");
    }
}
