package dev.earshot.segmentation.datasets;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.metrics.LabelMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Predictions that were made by anything and stored as PNG files, one for each frame. A clip's files are looked for where
 * {@link PredictionWriter} puts them, where AVSBench's own scripts do ({@code [pred_masks/]<category>/<name>} for S4,
 * {@code [pred_masks/]<name>} else), and in {@code <name>/masks}, the output of segmenting a video of that name. Within the
 * folder they are called {@code <name>_<k>.png} or {@code <k>.png}, and k counts either from 0, as AVSBench's scripts do,
 * or from 1, as its truth does: which one shows in the names.
 */
public final class PredictionFolder {
    private final Path root;

    /**
     * Reads below a folder.
     *
     * @throws IllegalArgumentException if there is no such folder
     */
    public PredictionFolder(Path root) {
        if (!Files.isDirectory(root)) {
            throw new IllegalArgumentException("predictions: expected a folder of masks, got " + root);
        }
        this.root = root;
    }

    /**
     * Reads the masks of all frames of a clip: foreground from grey level 128 on or where the palette number is not 0.
     *
     * @param width columns to bring them to, nearest neighbour; those of the target
     * @param height rows
     * @throws IllegalArgumentException if there are no files for the clip or they do not number one for each frame
     * @throws dev.earshot.segmentation.MediaException if a file is no mask
     */
    public List<FramePrediction.Mask> masks(MaskClip clip, int width, int height) {
        Path script = clip.kind() == BenchmarkKind.S4 ? Path.of(clip.category(), clip.id()) : Path.of(clip.id());
        List<FramePrediction.Mask> masks = new ArrayList<>();
        for (Path file : files(
                clip, PredictionWriter.folder(root, clip), script, clip.frames().size())) {
            BinaryMask mask = MaskFiles.readPrediction(file);
            masks.add(new FramePrediction.Mask(mask).resized(width, height));
        }
        return masks;
    }

    /**
     * Reads the label maps of all frames of a clip; of a 5 s clip those of its padding, too, if there are ten.
     *
     * @param width columns to bring them to, nearest neighbour
     * @param height rows
     * @throws IllegalArgumentException if there are no files for the clip or their number is wrong
     * @throws dev.earshot.segmentation.MediaException if a file is no picture
     */
    public List<LabelMap> labels(LabelClip clip, int width, int height) {
        List<LabelMap> maps = new ArrayList<>();
        Path own = PredictionWriter.folder(root, clip);
        for (Path file : files(clip, own, Path.of(clip.id()), LabelClip.PADDED_FRAMES)) {
            maps.add(MaskFiles.readLabels(file, clip.classes()).resized(width, height));
        }
        return maps;
    }

    /** The files of a clip in order: as many as it has frames or, where that is more, exactly {@code padded}. */
    private List<Path> files(EvaluationClip clip, Path own, Path script, int padded) {
        List<Path> places = List.of(
                own,
                root.resolve(script),
                root.resolve("pred_masks").resolve(script),
                root.resolve(clip.id()).resolve("masks"));
        int frames = clip.frames().size();
        for (Path place : places) {
            TreeMap<Integer, Path> files = numbered(place, clip.id());
            if (!files.isEmpty()) {
                int first = files.firstKey();
                int count = files.size();
                boolean gapless = files.lastKey() - first + 1 == count;
                if (first > 1 || !gapless || count != frames && count != padded) {
                    throw new IllegalArgumentException(
                            "predictions of %s: expected %d PNG files numbered from 0 or 1, got the numbers %s (%s)"
                                    .formatted(clip.id(), frames, files.keySet(), place));
                }
                return List.copyOf(files.values());
            }
        }
        throw new IllegalArgumentException("predictions of %s: expected %s_<k>.png or <k>.png in %s, got none there"
                .formatted(clip.id(), clip.id(), own));
    }

    private static TreeMap<Integer, Path> numbered(Path folder, String clip) {
        TreeMap<Integer, Path> files = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return files;
        }
        Pattern name = Pattern.compile("(?:" + Pattern.quote(clip) + "(?:\\.mp4)?_)?(\\d{1,6})\\.png");
        try (Stream<Path> entries = Files.list(folder)) {
            entries.forEach(file -> {
                Matcher match = name.matcher(file.getFileName().toString());
                if (match.matches()) {
                    Path other = files.put(Integer.parseInt(match.group(1)), file);
                    if (other != null) {
                        throw new IllegalArgumentException(
                                "predictions of %s: expected one file for each frame, got %s and %s"
                                        .formatted(clip, other, file.getFileName()));
                    }
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed", e);
        }
        return files;
    }
}
