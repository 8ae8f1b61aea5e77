package dev.earshot.tools.segment;

import dev.earshot.segmentation.moca.JointCentre;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The weights a command line asks for: a folder, or the demo weights in the jar.
 *
 * @param weights for the segmenter
 * @param hashes of the files
 * @param note in a few words
 */
public record WeightsInUse(MocaWeights weights, WeightHashes hashes, String note) implements AutoCloseable {
    private static final String DEMO_FOLDER = "/dev/earshot/tools/demo/";
    private static final String DEMO_IMAGEBIND = "imagebind-demo.safetensors";
    private static final String DEMO_ADAPTERS = "adaav-demo.safetensors";
    private static final String DEMO_CENTRE = "joint-centre-demo.safetensors";

    /**
     * Opens the weights.
     *
     * @param folder of weights; empty for the demo weights
     * @param adapter file of adapters that overrides the folder's
     */
    public static WeightsInUse open(Optional<Path> folder, Optional<Path> adapter) {
        WeightsInUse base = folder.isPresent() ? in(folder.get()) : demo();
        if (adapter.isEmpty()) {
            return base;
        }
        base.hashes.add("adapter", adapter.get());
        return new WeightsInUse(
                base.weights.withAdapter(Weights.open(adapter.get())), base.hashes, base.note + ", adapters");
    }

    /**
     * As {@link #open} with the adapters in the jar, which were trained on the demo world.
     *
     * @throws IllegalStateException if this build ships none
     */
    public static WeightsInUse openWithDemoAdapters(Optional<Path> folder) {
        byte[] file = resource(DEMO_ADAPTERS)
                .orElseThrow(() -> new IllegalStateException(
                        "demo adapters: expected %s in the tools jar, got none — train some or leave them out"
                                .formatted(DEMO_ADAPTERS)));
        WeightsInUse base = open(folder, Optional.empty());
        base.hashes.add("adapter", DEMO_ADAPTERS, file);
        return new WeightsInUse(
                base.weights.withAdapter(Safetensors.parse(file, DEMO_ADAPTERS)),
                base.hashes,
                base.note + ", demo adapters");
    }

    /** Whether this build ships adapters for the demo weights. */
    public static boolean hasDemoAdapters() {
        return WeightsInUse.class.getResource(DEMO_FOLDER + DEMO_ADAPTERS) != null;
    }

    private static WeightsInUse in(Path folder) {
        MocaWeights weights = MocaWeights.in(folder);
        WeightHashes hashes = new WeightHashes().add("imagebind", folder.resolve(MocaWeights.IMAGEBIND_FILE));
        String note = "ImageBind";
        if (weights.adapter().isPresent()) {
            hashes.add("adapter", folder.resolve(MocaWeights.ADAPTER_FILE));
            note = "ImageBind with adapters";
        }
        if (Files.isRegularFile(folder.resolve(MocaWeights.CENTRE_FILE))) {
            hashes.add("centre", folder.resolve(MocaWeights.CENTRE_FILE));
        }
        return new WeightsInUse(weights, hashes, note);
    }

    private static WeightsInUse demo() {
        byte[] imageBind = resource(DEMO_IMAGEBIND)
                .orElseThrow(() -> new IllegalStateException(
                        "demo weights: expected %s in the tools jar, got none — give --weights DIR"
                                .formatted(DEMO_IMAGEBIND)));
        WeightHashes hashes = new WeightHashes().add("imagebind", DEMO_IMAGEBIND, imageBind);
        MocaWeights weights = MocaWeights.of(Safetensors.parse(imageBind, DEMO_IMAGEBIND));
        Optional<byte[]> centre = resource(DEMO_CENTRE);
        if (centre.isPresent()) {
            hashes.add("centre", DEMO_CENTRE, centre.get());
            try (Weights vectors = Safetensors.parse(centre.get(), DEMO_CENTRE)) {
                weights = weights.withCentre(JointCentre.load(vectors));
            }
        }
        return new WeightsInUse(weights, hashes, "demo weights");
    }

    /** A file of the demo weights in the jar; empty if this build has none of that name. */
    public static Optional<byte[]> resource(String name) {
        try (InputStream in = WeightsInUse.class.getResourceAsStream(DEMO_FOLDER + name)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(name + " of the tools jar cannot be read", e);
        }
    }

    @Override
    public void close() {
        weights.close();
    }
}
