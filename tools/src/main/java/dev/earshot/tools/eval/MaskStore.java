package dev.earshot.tools.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.datasets.EvaluationClip;
import dev.earshot.segmentation.datasets.MaskClip;
import dev.earshot.segmentation.datasets.PredictionFolder;
import dev.earshot.segmentation.datasets.PredictionWriter;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.output.AtomicFiles;
import dev.earshot.segmentation.output.MaskPng;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The masks of a run on disk, in AVSBench's layout (of AVSBench-semantic, whose classes are not predicted:
 * {@code <uid>/masks/<k>.png}), beside {@code run.json}, which says what made them. A run that was stopped goes on from
 * there.
 */
public final class MaskStore {
    /** Keeps nothing. */
    public static final MaskStore NONE = new MaskStore(Optional.empty());

    private static final String MARKER = "run.json";

    private final Optional<Path> place;

    private MaskStore(Optional<Path> place) {
        this.place = place;
    }

    /** An empty store; masks of an earlier run are deleted, anything else in the folder is not ours to touch. */
    public static MaskStore fresh(Path folder, Map<String, Object> run) {
        if (Files.exists(folder)) {
            String[] names = folder.toFile().list();
            if (names == null || names.length > 0 && !Files.exists(folder.resolve(MARKER))) {
                throw new IllegalArgumentException(
                        "%s: expected nothing or the masks of an earlier evaluation there, got other files — give another folder"
                                .formatted(folder));
            }
            delete(folder);
        }
        AtomicFiles.write(
                folder.resolve(MARKER),
                out -> out.write(
                        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(run)));
        return new MaskStore(Optional.of(folder));
    }

    /** The store of a run that was stopped, or a fresh one if there is none. */
    public static MaskStore resumed(Path folder, Map<String, Object> run) {
        if (!Files.exists(folder.resolve(MARKER))) {
            return fresh(folder, run);
        }
        ObjectMapper json = new ObjectMapper();
        try {
            JsonNode before = json.readTree(folder.resolve(MARKER).toFile());
            JsonNode now = json.readTree(json.writeValueAsBytes(run));
            if (!before.equals(now)) {
                throw new IllegalArgumentException(
                        "--resume: expected masks of the same run in %s, got others%s — leave --resume out to begin anew"
                                .formatted(folder, difference(before, now)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder.resolve(MARKER) + " cannot be read", e);
        }
        return new MaskStore(Optional.of(folder));
    }

    /** The first thing in which two runs differ. */
    private static String difference(JsonNode before, JsonNode now) {
        for (Map.Entry<String, JsonNode> entry : now.properties()) {
            JsonNode old = before.path(entry.getKey());
            if (!old.equals(entry.getValue())) {
                String inside = entry.getValue().isObject() ? difference(old, entry.getValue()) : "";
                return inside.isEmpty()
                        ? " (%s: %s then, %s now)".formatted(entry.getKey(), old, entry.getValue())
                        : inside;
            }
        }
        return "";
    }

    /** Writes the masks of a clip. */
    public void write(EvaluationClip clip, List<BinaryMask> masks) {
        if (place.isEmpty()) {
            return;
        }
        PredictionWriter writer = new PredictionWriter(place.get());
        for (int k = 0; k < masks.size(); k++) {
            if (clip instanceof MaskClip maskClip) {
                writer.write(maskClip, k, masks.get(k));
            } else {
                MaskPng.write(file(place.get(), clip, k), masks.get(k));
            }
        }
    }

    /** The masks of a clip, if all are there. */
    public Optional<List<BinaryMask>> read(LoadedClip loaded) {
        if (place.isEmpty()) {
            return Optional.empty();
        }
        return loaded.clip() instanceof MaskClip clip
                ? masks(place.get(), clip, loaded)
                : masks(place.get(), loaded.clip(), loaded.frames().size());
    }

    private static Optional<List<BinaryMask>> masks(Path folder, MaskClip clip, LoadedClip loaded) {
        RgbImage like = loaded.frames().getFirst().image();
        try {
            List<FramePrediction.Mask> masks = new PredictionFolder(folder).masks(clip, like.width(), like.height());
            return Optional.of(masks.stream().map(FramePrediction.Mask::mask).toList());
        } catch (IllegalArgumentException e) { // none, or the run was stopped within this clip
            return Optional.empty();
        }
    }

    private static Optional<List<BinaryMask>> masks(Path folder, EvaluationClip clip, int frames) {
        List<BinaryMask> masks = new ArrayList<>();
        for (int k = 0; k < frames; k++) {
            Path file = file(folder, clip, k);
            if (!Files.exists(file)) {
                return Optional.empty();
            }
            masks.add(MaskPng.read(file));
        }
        return Optional.of(masks);
    }

    private static Path file(Path folder, EvaluationClip clip, int frame) {
        return folder.resolve(Path.of(clip.id(), "masks", frame + ".png"));
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": the masks of an earlier run cannot be deleted", e);
        }
    }
}
