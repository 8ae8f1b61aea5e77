package dev.earshot.tools;

import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamVariant;
import dev.earshot.tensor.Backend;
import dev.earshot.tools.segment.SamInUse;
import dev.earshot.tools.segment.WeightHashes;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which SAM runs where. */
final class SamModelOptions {
    private static final Path DEMO = Path.of("demo");

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description =
                    "SAM's or HQ-SAM's weights, converted once; without it, or with the word demo, the demo weights "
                            + "in the jar.")
    private Path weights;

    @Option(
            names = "--model",
            defaultValue = "auto",
            paramLabel = "NAME",
            description = "What the weights must be: vit-b, vit-l, vit-h, or auto (default), which reads it off them.")
    private Size size;

    @Option(names = "--hq", description = "The weights are HQ-SAM's.")
    private boolean highQuality;

    @Option(names = "--hq-token-only", description = "HQ-SAM: its own mask alone and not the sum with SAM's.")
    private boolean tokenOnly;

    @Mixin
    private ComputeOptions compute = new ComputeOptions();

    /** Sizes of the image encoder. */
    enum Size {
        AUTO("auto"),
        VIT_B("vit-b"),
        VIT_L("vit-l"),
        VIT_H("vit-h");

        private final String word;

        Size(String word) {
            this.word = word;
        }

        @Override
        public String toString() { // the word of the command line
            return word;
        }

        private Optional<SamVariant> variant() {
            return this == AUTO ? Optional.empty() : Optional.of(SamVariant.valueOf(name()));
        }
    }

    /** True if the model is the demo world's. */
    boolean demo() {
        return weights == null || weights.equals(DEMO);
    }

    /** Opens the backend; the caller closes it. */
    Backend openBackend() {
        return compute.open();
    }

    /** Loads the model; the caller closes it. */
    SamInUse open(Backend backend, WeightHashes hashes) {
        SamOptions options = SamOptions.DEFAULT.withCompute(compute.type()).withHqTokenOnly(tokenOnly);
        Optional<Path> file = demo() ? Optional.empty() : Optional.of(weights);
        return SamInUse.open(backend, file, highQuality, size.variant(), options, hashes);
    }
}
