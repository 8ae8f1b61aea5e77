package dev.earshot.segmentation.training;

import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A cached file and what it must have been made from. A file made from something else, or a damaged one, is not an error:
 * it is said in one line, and the file is made again.
 *
 * @param path of the file
 * @param origin what it is made from, kept as its metadata
 */
record CacheFile(Path path, Map<String, String> origin) {
    /** Copies the origin. */
    CacheFile {
        origin = Map.copyOf(origin);
    }

    /** The file's tensors if it is there and fits; the caller closes them. */
    Optional<Weights> open(WorkProgress progress) {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        try {
            Weights file = Safetensors.open(path);
            Optional<String> difference = difference(file.metadata());
            if (difference.isEmpty()) {
                return Optional.of(file);
            }
            file.close();
            stale(progress, difference.get());
        } catch (WeightsException e) {
            stale(progress, "damaged: " + e.getMessage());
        }
        return Optional.empty();
    }

    /** Says that the file cannot be used. */
    void stale(WorkProgress progress, String why) {
        progress.note(path + " does not fit and is made again: " + why);
    }

    /** What differs; empty if nothing does. */
    Optional<String> difference(Map<String, String> found) {
        return origin.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(found.get(entry.getKey())))
                .map(entry -> "made with %s %s, now %s"
                        .formatted(
                                entry.getKey(),
                                shortened(found.getOrDefault(entry.getKey(), "unknown")),
                                shortened(entry.getValue())))
                .sorted()
                .findFirst();
    }

    private static String shortened(String value) {
        String plain = value.replaceAll("\\p{Cntrl}", " ");
        return plain.length() > 64 && plain.matches("[0-9a-f]+") || plain.length() == 64
                ? plain.substring(0, 12) + "…"
                : plain.length() > 120 ? plain.substring(0, 120) + "…" : plain;
    }
}
