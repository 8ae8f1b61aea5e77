package dev.earshot.segmentation.training;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The clips to learn from: one picture and one sound each, numbered 0 .. N-1 in the order of their names' list. Reading is
 * safe from several threads.
 */
public sealed interface TrainingClips extends AutoCloseable permits TrainingFolder, TrainingArrays {
    /** Samples per second of every sound. */
    int SAMPLE_RATE_HZ = 16_000;

    /** Number of clips N. */
    int size();

    /** Name of clip {@code index}. */
    ClipName name(int index);

    /** The picture of clip {@code index}, of any size. */
    RgbImage picture(int index);

    /** The sound of clip {@code index}: mono at 16 kHz. */
    Waveform sound(int index);

    /** Hash of the list of names, of {@code clips.txt} where there is one; caches and checkpoints are bound to it. */
    String sha256();

    /** Where caches of these clips lie. */
    Path cacheFolder();

    /** What a user should know, such as clips that were left out; one line each. */
    List<String> notes();

    /** Gives open files back. */
    @Override
    void close();

    /** As {@link #open(Path, Set, WorkProgress)} without exclusions. */
    static TrainingClips open(Path root, WorkProgress progress) {
        return open(root, Set.of(), progress);
    }

    /**
     * Opens a folder in the layout of EZ-VSL ({@code frames/}, {@code audio/}, {@code clips.txt}; see {@link
     * TrainingFolder}) or the raw arrays of {@code earshot demo-world --layout training} (see {@link TrainingArrays}).
     *
     * @param excluded ids of videos whose clips are left out, such as those of evaluation sets
     * @throws MediaException if it is neither
     */
    static TrainingClips open(Path root, Set<String> excluded, WorkProgress progress) {
        if (Files.isDirectory(root.resolve(TrainingFolder.FRAMES))) {
            return TrainingFolder.open(root, excluded, progress);
        }
        if (Files.isRegularFile(root.resolve(TrainingArrays.SHAPE))) {
            return TrainingArrays.open(root, excluded);
        }
        throw MediaException.of(
                "training data " + root,
                "folders frames and audio, or shape.json with raw arrays",
                Files.isDirectory(root) ? "neither" : "no such folder",
                "make them with earshot prepare vggsound or earshot demo-world --layout training");
    }
}
