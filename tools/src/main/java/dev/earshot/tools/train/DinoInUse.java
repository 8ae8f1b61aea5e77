package dev.earshot.tools.train;

import dev.earshot.segmentation.training.Sha256;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import dev.earshot.tools.segment.WeightsInUse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The DINO weights a command line asks for: a folder's, or the demo weights in the jar.
 *
 * @param weights of the backbone
 * @param sha256 of their file
 * @param note in a few words
 */
public record DinoInUse(Weights weights, String sha256, String note) implements AutoCloseable {
    /** Names looked for in a folder of weights, the published files' names after {@code earshot convert}. */
    public static final List<String> FILES = List.of(
            "dino.safetensors",
            "dino_deitsmall8_pretrain.safetensors",
            "dino_deitsmall16_pretrain.safetensors",
            "dino_vitbase8_pretrain.safetensors",
            "dino_vitbase16_pretrain.safetensors");

    private static final Path DEMO_WORD = Path.of("demo");
    private static final String DEMO = "dino-demo.safetensors";

    /**
     * Opens the weights.
     *
     * @param folder of weights; empty, or the word demo, for the demo weights
     * @throws WeightsException if the folder holds none of {@link #FILES}, or several
     */
    public static DinoInUse open(Optional<Path> folder) {
        if (folder.isEmpty() || folder.get().equals(DEMO_WORD)) {
            return demo();
        }
        List<Path> found = FILES.stream()
                .map(folder.get()::resolve)
                .filter(Files::isRegularFile)
                .toList();
        if (found.size() != 1) {
            throw WeightsException.of(
                    folder.get().toString(),
                    "DINO weights",
                    "one of " + String.join(", ", FILES),
                    found.isEmpty() ? "none" : "several",
                    found.isEmpty()
                            ? "get dino_deitsmall8_pretrain.pth from its publishers and convert it once: earshot convert dino_deitsmall8_pretrain.pth "
                                    + folder.get().resolve(FILES.get(1))
                            : "leave the one to use");
        }
        Path file = found.getFirst();
        return new DinoInUse(
                Weights.open(file), Sha256.of(file), file.getFileName().toString());
    }

    private static DinoInUse demo() {
        byte[] file = WeightsInUse.resource(DEMO)
                .orElseThrow(() -> new IllegalStateException(
                        "demo weights: expected %s in the tools jar, got none — give --weights DIR".formatted(DEMO)));
        return new DinoInUse(Safetensors.parse(file, DEMO), Sha256.of(file), "demo weights");
    }

    @Override
    public void close() {
        weights.close();
    }
}
