package dev.earshot.segmentation.training;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Clips in the layout of EZ-VSL: {@code frames/<clip>.jpg}, {@code audio/<clip>.wav}, and {@code clips.txt}, the list that
 * numbers them. The list is made on the first opening: every clip whose frame and sound can be decoded, sorted by unsigned
 * bytes; the others are named with the reason in {@code clips.dropped.txt}. Afterwards the list is believed, so that it
 * can be edited or brought along.
 */
public final class TrainingFolder implements TrainingClips {
    /** Folder of the pictures. */
    public static final String FRAMES = "frames";

    /** Folder of the sounds. */
    public static final String AUDIO = "audio";

    /** The list of clips. */
    public static final String CLIPS = "clips.txt";

    /** What was left out when the list was made: name, tab, reason. */
    public static final String DROPPED = "clips.dropped.txt";

    /** Ending of a picture's name. */
    public static final String FRAME_ENDING = ".jpg";

    /** Ending of a sound's name. */
    public static final String AUDIO_ENDING = ".wav";

    private static final String CACHE = "cache";

    private final Path root;
    private final List<ClipName> clips;
    private final boolean whole;
    private final List<String> notes;

    private TrainingFolder(Path root, List<ClipName> clips, boolean whole, List<String> notes) {
        this.root = root;
        this.clips = clips;
        this.whole = whole;
        this.notes = List.copyOf(notes);
    }

    /**
     * Opens a folder; makes {@code clips.txt} if there is none, which decodes every file once.
     *
     * @param excluded ids of videos whose clips are left out of the numbering, not of the file
     * @throws MediaException if no clip is left, or if a listed clip lacks a file
     */
    public static TrainingFolder open(Path root, Set<String> excluded, WorkProgress progress) {
        List<String> notes = new ArrayList<>();
        Path list = root.resolve(CLIPS);
        if (!Files.exists(list)) {
            make(root, progress).ifPresent(notes::add);
        }
        List<ClipName> all = ClipList.read(list);
        requireFiles(root, all);
        List<ClipName> clips =
                all.stream().filter(clip -> !excluded.contains(clip.id())).toList();
        if (clips.size() < all.size()) {
            notes.add("%d of %d clips left out: their videos are on the list of exclusions"
                    .formatted(all.size() - clips.size(), all.size()));
        }
        if (clips.isEmpty()) {
            throw MediaException.of(
                    list.toString(), "at least one clip", "none", "see " + root.resolve(DROPPED) + " for reasons");
        }
        return new TrainingFolder(root, clips, clips.size() == all.size(), notes);
    }

    private static Optional<String> make(Path root, WorkProgress progress) {
        Set<String> frames = stems(root.resolve(FRAMES), FRAME_ENDING);
        Set<String> sounds = stems(root.resolve(AUDIO), AUDIO_ENDING);
        Set<String> candidates = new TreeSet<>(ClipList.ORDER);
        candidates.addAll(frames);
        candidates.addAll(sounds);
        Map<String, String> faults = new TreeMap<>(ClipList.ORDER);
        try (WorkProgress.Task task = progress.begin("checking clips", candidates.size(), "clips")) {
            faults.putAll(candidates.parallelStream()
                    .map(name -> {
                        Optional<String> fault = fault(root, name, frames.contains(name), sounds.contains(name));
                        task.stepBy(1);
                        return Map.entry(name, fault.orElse(""));
                    })
                    .filter(entry -> !entry.getValue().isEmpty())
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
        }
        List<ClipName> clips = candidates.stream()
                .filter(name -> !faults.containsKey(name))
                .map(ClipName::parse)
                .toList();
        StringBuilder dropped = new StringBuilder();
        faults.forEach(
                (name, fault) -> dropped.append(name).append('\t').append(fault).append('\n'));
        write(root.resolve(DROPPED), dropped.toString());
        write(root.resolve(CLIPS), ClipList.text(clips));
        return faults.isEmpty()
                ? Optional.empty()
                : Optional.of("%d of %d clips dropped, listed with reasons in %s"
                        .formatted(faults.size(), candidates.size(), root.resolve(DROPPED)));
    }

    private static void write(Path file, String text) {
        AtomicFiles.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Why a clip cannot be used; empty if it can. */
    private static Optional<String> fault(Path root, String name, boolean hasFrame, boolean hasSound) {
        if (!hasFrame || !hasSound) {
            return Optional.of(hasFrame ? "no sound" : "no frame");
        }
        try {
            ClipName.parse(name);
            ImageFiles.read(framePath(root, name));
            WavFiles.read(soundPath(root, name));
            return Optional.empty();
        } catch (MediaException | IllegalArgumentException | UncheckedIOException e) {
            return Optional.of(e.getMessage().replaceAll("\\p{Cntrl}", " "));
        }
    }

    /** Names without their ending; hidden files, such as another run's temporary ones, do not count. */
    private static Set<String> stems(Path folder, String ending) {
        if (!Files.isDirectory(folder)) {
            throw MediaException.of(
                    folder.toString(), "a folder", "none", "a training folder has " + FRAMES + " and " + AUDIO);
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(ending) && !name.startsWith("."))
                    .map(name -> name.substring(0, name.length() - ending.length()))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed", e);
        }
    }

    private static void requireFiles(Path root, List<ClipName> clips) {
        Set<String> frames = stems(root.resolve(FRAMES), FRAME_ENDING);
        Set<String> sounds = stems(root.resolve(AUDIO), AUDIO_ENDING);
        List<ClipName> missing = clips.stream()
                .filter(clip -> !frames.contains(clip.toString()) || !sounds.contains(clip.toString()))
                .toList();
        if (!missing.isEmpty()) {
            throw MediaException.of(
                    root.resolve(CLIPS).toString(),
                    "a frame and a sound of every clip",
                    "%d clips without, the first %s".formatted(missing.size(), missing.getFirst()),
                    "delete the list to have it made from the files that are there");
        }
    }

    private static Path framePath(Path root, String name) {
        return root.resolve(FRAMES).resolve(name + FRAME_ENDING);
    }

    private static Path soundPath(Path root, String name) {
        return root.resolve(AUDIO).resolve(name + AUDIO_ENDING);
    }

    @Override
    public int size() {
        return clips.size();
    }

    @Override
    public ClipName name(int index) {
        return clips.get(index);
    }

    @Override
    public RgbImage picture(int index) {
        return ImageFiles.read(framePath(root, name(index).toString()));
    }

    @Override
    public Waveform sound(int index) {
        return WavFiles.read(soundPath(root, name(index).toString())).mono().at(SAMPLE_RATE_HZ);
    }

    @Override
    public String sha256() {
        return Sha256.of(ClipList.text(clips));
    }

    /** Caches of a part of the clips lie beside those of all and not in their place. */
    @Override
    public Path cacheFolder() {
        Path cache = root.resolve(CACHE);
        return whole ? cache : cache.resolve("part-" + sha256().substring(0, 12));
    }

    @Override
    public List<String> notes() {
        return notes;
    }

    @Override
    public void close() {}
}
