package dev.earshot.segmentation.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A user's videos, found by their names: {@code <id>_<start>.mp4} holds a clip alone, {@code <id>.mp4} the whole video.
 * Folders are searched four levels deep, and other containers are taken, too.
 */
public final class VideoFolder {
    private static final Set<String> ENDINGS = Set.of("mp4", "m4v", "mkv", "webm", "mov", "avi");
    private static final int DEPTH = 4;

    private final Map<String, Path> files;

    private VideoFolder(Map<String, Path> files) {
        this.files = files;
    }

    /**
     * Where a clip is.
     *
     * @param file the video
     * @param startSeconds where the clip begins in it
     */
    public record Source(Path file, double startSeconds) {}

    /** Lists a folder. */
    public static VideoFolder of(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("videos: expected a folder, got " + folder);
        }
        Map<String, Path> files = new HashMap<>();
        try (Stream<Path> walk = Files.walk(folder, DEPTH)) {
            walk.sorted().forEach(file -> {
                String name = file.getFileName().toString();
                int dot = name.lastIndexOf('.');
                boolean video =
                        dot > 0 && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
                if (video && Files.isRegularFile(file)) {
                    files.putIfAbsent(name.substring(0, dot), file);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed", e);
        }
        return new VideoFolder(files);
    }

    /** Number of videos. */
    public int size() {
        return files.size();
    }

    /** The video of a clip; one that holds the clip alone comes first. */
    public Optional<Source> find(ClipName clip) {
        Path cut = files.get(clip.toString());
        Path whole = files.get(clip.id());
        return cut != null
                ? Optional.of(new Source(cut, 0))
                : Optional.ofNullable(whole).map(file -> new Source(file, clip.second()));
    }
}
