package dev.earshot.bench.startup;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How fast ImageBind's weights come from a file in the page cache to where a pass uses them, in GB/s of the file's bytes. */
public final class DeviceLoading {
    private static final int ROUNDS = 5;

    private DeviceLoading() {}

    /**
     * Writes the file to the temporary folder, 3 GB or, {@code small}, 200 MB, loads it several times on one backend, and
     * deletes it.
     *
     * @param command what prints the figures again
     */
    public static List<Figure> measure(String backendName, boolean small, String command) {
        FillerModel model = small ? FillerModel.SMALL : FillerModel.HUGE;
        try {
            Path folder = Files.createTempDirectory("earshot-weights-");
            try {
                Path file = folder.resolve("imagebind.safetensors");
                model.write(file);
                List<Figure> figures = new ArrayList<>();
                try (Backend backend = Backends.open(backendName)) {
                    for (DType compute : List.of(DType.BF16, DType.F32)) {
                        figures.add(load(backend, model, file, compute, small ? 1 : ROUNDS, command));
                    }
                }
                return figures;
            } finally {
                ColdRun.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("loading of weights: " + e.getMessage(), e);
        }
    }

    /** The first loading, which also brings the file into the page cache and takes the device's memory, is not timed. */
    private static Figure load(Backend backend, FillerModel model, Path file, DType compute, int rounds, String command)
            throws IOException {
        long bytes = Files.size(file);
        double[] rates = new double[rounds];
        long prepared = once(backend, file, compute);
        for (int i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            once(backend, file, compute);
            rates[i] = (double) bytes / (System.nanoTime() - start);
        }
        BackendInfo info = backend.info();
        return Figure.of(
                        Card.prefix(info.name()) + "whole models, loading",
                        "%s, fp32 file to %s weights".formatted(model.title(), info.precision(compute)),
                        "earshot",
                        "GB/s of file",
                        rates,
                        Better.HIGHER,
                        command)
                .noted(String.format(
                        Locale.ROOT, "%.2f GB of file, %.2f GB on the device", bytes / 1e9, prepared / 1e9));
    }

    /** From the file's name to weights that are ready; the bytes they take. */
    private static long once(Backend backend, Path file, DType compute) {
        try (Weights weights = Weights.open(file);
                ImageBind loaded = ImageBind.load(backend, weights, compute)) {
            backend.synchronize();
            return loaded.bytes();
        }
    }
}
