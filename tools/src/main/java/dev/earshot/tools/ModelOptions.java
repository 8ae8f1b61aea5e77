package dev.earshot.tools;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tools.segment.WeightsInUse;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which weights run where: the options of every command that runs networks. */
final class ModelOptions {
    /** The weights and adapters in the jar. */
    private static final Path DEMO = Path.of("demo");

    @Option(
            names = "--weights",
            paramLabel = "DIR",
            description = "Folder with imagebind_huge.safetensors; without it, or with the word demo, the demo weights "
                    + "in the jar are used.")
    private Optional<Path> weights;

    @Option(
            names = {"--adapters", "--adapter"},
            paramLabel = "FILE",
            description = "Trained MoCA adapters; overrides the folder's. The word demo stands for those in the jar.")
    private Optional<Path> adapters;

    @Mixin
    private ComputeOptions compute = new ComputeOptions();

    /** True if the networks are those of the demo world. */
    boolean demo() {
        return weights.isEmpty() || weights.get().equals(DEMO);
    }

    /** Type of the trunks' products. */
    DType compute() {
        return compute.type();
    }

    private WeightsInUse openWeights() {
        Optional<Path> folder = demo() ? Optional.empty() : weights;
        if (adapters.isPresent() && adapters.get().equals(DEMO)) {
            return WeightsInUse.openWithDemoAdapters(folder);
        }
        return WeightsInUse.open(folder, adapters);
    }

    /** Opens backend, weights and method; the caller closes them. */
    Networks openNetworks(MethodPlan plan) {
        return Networks.open(openBackend(), this::openWeights, plan::open);
    }

    private Backend openBackend() {
        return compute.open();
    }
}
