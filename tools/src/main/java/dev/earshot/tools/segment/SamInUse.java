package dev.earshot.tools.segment;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamVariant;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The SAM that a command line asks for: a file, or the demo weights in the jar.
 *
 * @param sam the model; closed with this
 * @param file its name, for result files
 */
public record SamInUse(Sam sam, String file) implements AutoCloseable {
    /** The demo weights: SAM in form, trained on the demo world. */
    public static final String DEMO = "sam-demo.safetensors";

    /**
     * The mask generator's settings where nothing else is asked for: segment-anything's, which are tuned for its largest
     * model; with the demo weights, whose own estimates are lower, thresholds chosen on the demo world's val split.
     */
    public static GeneratorSettings generator(boolean demo) {
        return demo
                ? GeneratorSettings.builder()
                        .predictedIouThreshold(0.6f)
                        .stabilityThreshold(0.9f)
                        .build()
                : GeneratorSettings.DEFAULT;
    }

    /**
     * Loads the model and adds its file to those to be hashed.
     *
     * @param weights the file; empty for the demo weights
     * @param highQuality whether HQ-SAM is wanted
     * @param variant the sizes it must have; empty to read them off the file
     * @throws WeightsException if the file is missing, malformed, of another variant, or SAM where HQ-SAM is wanted
     */
    public static SamInUse open(
            Backend backend,
            Optional<Path> weights,
            boolean highQuality,
            Optional<SamVariant> variant,
            SamOptions options,
            WeightHashes hashes) {
        String role = highQuality ? "hq-sam" : "sam";
        if (weights.isPresent()) {
            Path path = weights.get();
            if (!Files.isRegularFile(path)) {
                throw WeightsException.of(
                        path.toString(),
                        "weights",
                        "a file of " + title(highQuality),
                        "no such file",
                        "convert the published one once: " + convert(highQuality));
            }
            hashes.add(role, path);
            try (Weights file = Weights.open(path)) {
                return loaded(backend, file, path.getFileName().toString(), highQuality, variant, options);
            }
        }
        if (highQuality) {
            throw WeightsException.of(
                    "hq-sam", "weights", "a file", "none", "no demo weights of HQ-SAM exist; " + convert(true));
        }
        byte[] demo = WeightsInUse.resource(DEMO)
                .orElseThrow(() -> new IllegalStateException(
                        "demo weights: expected %s in the tools jar, got none — give SAM's weights".formatted(DEMO)));
        hashes.add(role, DEMO, demo);
        try (Weights file = Safetensors.parse(demo, DEMO)) {
            return loaded(backend, file, DEMO, false, variant, options);
        }
    }

    private static SamInUse loaded(
            Backend backend,
            Weights file,
            String name,
            boolean highQuality,
            Optional<SamVariant> variant,
            SamOptions options) {
        SamConfig config =
                variant.isPresent() ? variant.get().require(file, highQuality) : SamConfig.of(file, highQuality);
        return new SamInUse(Sam.load(backend, file, config, options), name);
    }

    private static String title(boolean highQuality) {
        return highQuality ? "HQ-SAM" : "SAM";
    }

    private static String convert(boolean highQuality) {
        String file = highQuality ? "sam_hq_vit_b" : "sam_vit_b_01ec64";
        return "earshot convert %s.pth %s.safetensors".formatted(file, file);
    }

    @Override
    public void close() {
        sam.close();
    }
}
