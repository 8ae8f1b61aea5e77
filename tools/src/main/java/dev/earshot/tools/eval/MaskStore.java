package dev.earshot.tools.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.datasets.EvaluationClip;
import dev.earshot.segmentation.datasets.LabelClip;
import dev.earshot.segmentation.datasets.MaskClip;
import dev.earshot.segmentation.datasets.PredictionFolder;
import dev.earshot.segmentation.datasets.PredictionWriter;
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
    private static final String MARKER = "run.json";

    private final Path folder;
    private final PredictionWriter writer;

    private MaskStore(Path folder) {
        this.folder = folder;
        this.writer = new PredictionWriter(folder);
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
        return new MaskStore(folder);
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
                        "--resume: expected masks of the same run in %s, got those of %s, now %s — leave --resume out to begin anew"
                                .formatted(folder, before, now));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder.resolve(MARKER) + " cannot be read", e);
        }
        return new MaskStore(folder);
    }

    /** Writes the masks of a clip. */
    public void write(EvaluationClip clip, List<BinaryMask> masks) {
        for (int k = 0; k < masks.size(); k++) {
            if (clip instanceof MaskClip maskClip) {
                writer.write(maskClip, k, masks.get(k));
            } else {
                MaskPng.write(file(clip, k), masks.get(k));
            }
        }
    }

    /** The masks of a clip, if all are there. */
    public Optional<List<BinaryMask>> read(LoadedClip loaded) {
        if (loaded.clip() instanceof MaskClip clip) {
            BinaryMask size = new BinaryMask(
                    loaded.frames().getFirst().image().width(),
                    loaded.frames().getFirst().image().height());
            try {
                return Optional.of(new PredictionFolder(folder)
                        .masks(clip, size.width(), size.height()).stream()
                                .map(FramePrediction.Mask::mask)
                                .toList());
            } catch (IllegalArgumentException e) { // none, or the run was stopped within this clip
                return Optional.empty();
            }
        }
        List<BinaryMask> masks = new ArrayList<>();
        for (int k = 0; k < loaded.frames().size(); k++) {
            if (!(loaded.clip() instanceof LabelClip) || !Files.exists(file(loaded.clip(), k))) {
                return Optional.empty();
            }
            masks.add(MaskPng.read(file(loaded.clip(), k)));
        }
        return Optional.of(masks);
    }

    private Path file(EvaluationClip clip, int frame) {
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
