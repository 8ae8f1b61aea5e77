package dev.earshot.segmentation.training;

import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run: pairs {@code step_<n>.safetensors} and {@code step_<n>.json}. Both are written under temporary
 * names, forced to the disk and renamed, tensors first; the JSON names the hash of its tensors, so that a pair of two
 * different moments is never taken for one. Whatever moment a process dies at, the newest complete pair is intact.
 */
final class CheckpointFolder {
    private static final Pattern DESCRIPTION = Pattern.compile("step_(\\d{1,18})\\.json");
    private static final Pattern FILE = Pattern.compile("step_(\\d{1,18})\\.(json|safetensors)");
    private static final Pattern TEMPORARY = Pattern.compile("\\.[0-9a-z]{1,13}\\.part\\.(json|safetensors)");

    private final Path folder;
    private final int keep;
    private final List<String> notes = new ArrayList<>();

    /**
     * The checkpoints in a folder, which is made if it is not there.
     *
     * @param keep how many of the newest stay
     */
    CheckpointFolder(Path folder, int keep) {
        if (keep < 1) {
            throw new IllegalArgumentException("checkpoints: expected to keep at least 1, got " + keep);
        }
        this.folder = folder;
        this.keep = keep;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be made", e);
        }
    }

    /** Writes a checkpoint, then removes those that are older than the newest {@code keep}. */
    void save(Checkpoint checkpoint) {
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        checkpoint.tensors().forEach(writer::tensor);
        String name = "step_" + checkpoint.step();
        String hash = DurableFiles.write(folder.resolve(name + ".safetensors"), writer::writeTo);
        byte[] json = CheckpointJson.write(checkpoint, name + ".safetensors", hash);
        DurableFiles.write(folder.resolve(name + ".json"), out -> out.write(ByteBuffer.wrap(json)));
        prune(checkpoint.step());
    }

    /** Descriptions go before their tensors, so that what is left of an interrupted removal is no pair. */
    private void prune(long newest) {
        List<Long> steps = steps();
        List<Long> kept =
                steps.stream().filter(step -> step <= newest).limit(keep).toList();
        delete(name -> {
            Matcher file = FILE.matcher(name);
            return file.matches() && !kept.contains(Long.parseLong(file.group(1)));
        });
    }

    /** Steps of all descriptions, newest first. */
    List<Long> steps() {
        return names().stream()
                .map(DESCRIPTION::matcher)
                .filter(Matcher::matches)
                .map(match -> Long.parseLong(match.group(1)))
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    private List<String> names() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed", e);
        }
    }

    private void delete(java.util.function.Predicate<String> which) {
        try {
            for (String name : names()) { // "json" sorts before "safetensors"
                if (which.test(name)) {
                    Files.deleteIfExists(folder.resolve(name));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": old checkpoints cannot be removed", e);
        }
    }

    /** Removes what a killed process left half written. */
    void sweep() {
        delete(name -> TEMPORARY.matcher(name).matches());
    }

    /** The newest complete and undamaged checkpoint, if there is one; {@link #notes} says what was passed over. */
    Optional<Checkpoint> newest() {
        for (long step : steps()) {
            try {
                return Optional.of(read(step));
            } catch (IOException | WeightsException | IllegalArgumentException e) {
                notes.add("checkpoint step_%d passed over: %s".formatted(step, e.getMessage()));
            }
        }
        return Optional.empty();
    }

    /** What {@link #newest} passed over and why. */
    List<String> notes() {
        return List.copyOf(notes);
    }

    private Checkpoint read(long step) throws IOException {
        Path file = folder.resolve("step_" + step + ".json");
        CheckpointJson.Described described = CheckpointJson.read(Files.readAllBytes(file), file.toString());
        Path tensorFile = folder.resolve("step_" + step + ".safetensors");
        if (described.checkpoint().step() != step
                || !described.file().equals(tensorFile.getFileName().toString())) {
            throw new IllegalArgumentException(
                    "%s: expected a description of step %d, got one of %s".formatted(file, step, described.file()));
        }
        String hash = hash(tensorFile);
        if (!hash.equals(described.sha256())) {
            throw new IllegalArgumentException("%s: expected SHA-256 %s, got %s: it is torn or damaged"
                    .formatted(tensorFile.getFileName(), described.sha256(), hash));
        }
        return described.checkpoint().withTensors(tensors(tensorFile));
    }

    private static String hash(Path file) throws IOException {
        try {
            return DurableFiles.sha256(file);
        } catch (NoSuchFileException e) {
            throw new IOException(file.getFileName() + " is missing", e);
        }
    }

    private static Map<String, HostTensor> tensors(Path file) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (Weights weights = Safetensors.open(file)) {
            for (String key : weights.keys()) {
                HostTensor mapped = weights.read(key);
                tensors.put(key, HostTensor.of(mapped.toFloats(), mapped.shape().toArray()));
            }
        }
        return tensors;
    }
}
