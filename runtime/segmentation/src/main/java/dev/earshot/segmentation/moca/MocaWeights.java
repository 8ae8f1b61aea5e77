package dev.earshot.segmentation.moca;

import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The weights MoCA runs on: ImageBind, and where there are any, trained adapters and centre vectors. Needed only while a
 * segmenter is made; close them afterwards.
 */
public final class MocaWeights implements AutoCloseable {
    /** ImageBind in a folder of weights: the published file, converted once. */
    public static final String IMAGEBIND_FILE = "imagebind_huge.safetensors";

    /** Adapters in a folder of weights. */
    public static final String ADAPTER_FILE = "moca_adapter.safetensors";

    /** Centre vectors in a folder of weights, see {@link JointCentre}. */
    public static final String CENTRE_FILE = "joint_centre.safetensors";

    private final Weights imageBind;
    private final Optional<Weights> adapter;
    private final Optional<JointCentre> centre;

    private MocaWeights(Weights imageBind, Optional<Weights> adapter, Optional<JointCentre> centre) {
        this.imageBind = imageBind;
        this.adapter = adapter;
        this.centre = centre;
    }

    /**
     * Opens a folder: {@value #IMAGEBIND_FILE} must be there, {@value #ADAPTER_FILE} and {@value #CENTRE_FILE} may be.
     *
     * @throws WeightsException if ImageBind is missing; names what was expected and what is there
     */
    public static MocaWeights in(Path folder) {
        Path file = folder.resolve(IMAGEBIND_FILE);
        if (!Files.isRegularFile(file)) {
            throw missing(folder);
        }
        Optional<JointCentre> centre = Optional.empty();
        Path centreFile = folder.resolve(CENTRE_FILE);
        if (Files.isRegularFile(centreFile)) {
            try (Weights vectors = Weights.open(centreFile)) {
                centre = Optional.of(JointCentre.load(vectors));
            }
        }
        Path adapterFile = folder.resolve(ADAPTER_FILE);
        Weights imageBind = Weights.open(file);
        try {
            Optional<Weights> adapter =
                    Files.isRegularFile(adapterFile) ? Optional.of(Weights.open(adapterFile)) : Optional.empty();
            return new MocaWeights(imageBind, adapter, centre);
        } catch (RuntimeException e) {
            imageBind.close();
            throw e;
        }
    }

    /** Frozen ImageBind; takes ownership. */
    public static MocaWeights of(Weights imageBind) {
        return new MocaWeights(imageBind, Optional.empty(), Optional.empty());
    }

    /** These weights with adapters, whose ownership is taken; adapters that were there before are closed. */
    public MocaWeights withAdapter(Weights other) {
        adapter.ifPresent(Weights::close);
        return new MocaWeights(imageBind, Optional.of(other), centre);
    }

    /** These weights with centre vectors. */
    public MocaWeights withCentre(JointCentre other) {
        return new MocaWeights(imageBind, adapter, Optional.of(other));
    }

    /** ImageBind. */
    public Weights imageBind() {
        return imageBind;
    }

    /** Trained adapters. */
    public Optional<Weights> adapter() {
        return adapter;
    }

    /** Centre vectors. */
    public Optional<JointCentre> centre() {
        return centre;
    }

    private static WeightsException missing(Path folder) {
        List<String> found;
        try (Stream<Path> list = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
            found = list.map(path -> path.getFileName().toString())
                    .sorted()
                    .limit(8)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("weights folder " + folder + " cannot be listed", e);
        }
        String advice = found.contains("imagebind_huge.pth")
                ? "convert it once: earshot convert %s %s"
                        .formatted(folder.resolve("imagebind_huge.pth"), folder.resolve(IMAGEBIND_FILE))
                : "get imagebind_huge.pth from its publishers and convert it once: earshot convert imagebind_huge.pth "
                        + folder.resolve(IMAGEBIND_FILE);
        String got = !Files.isDirectory(folder)
                ? "no such folder"
                : found.isEmpty() ? "an empty folder" : "only " + String.join(", ", found);
        return WeightsException.of(folder.toString(), "weights", IMAGEBIND_FILE, got, advice);
    }

    @Override
    public void close() {
        imageBind.close();
        adapter.ifPresent(Weights::close);
    }
}
