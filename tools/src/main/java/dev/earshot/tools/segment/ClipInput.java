package dev.earshot.tools.segment;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipOptions;
import dev.earshot.segmentation.MediaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An input of the command line and the rule that finds its sound:
 *
 * <ul>
 *   <li>a video file brings its own;
 *   <li>{@code PICTURE+SOUND.wav} and {@code FOLDER+SOUND.wav} name both;
 *   <li>a picture is paired with the WAV file of the same stem beside it;
 *   <li>a folder of frames with the only WAV file in it, else with {@code FOLDER.wav} beside it;
 *   <li>{@code --audio} overrides the last two.
 * </ul>
 *
 * @param text as given on the command line
 * @param audio the sound given for all inputs, if any
 */
public record ClipInput(String text, Optional<Path> audio) {
    private static final Set<String> VIDEOS = Set.of("mp4", "m4v", "mov", "mkv", "webm", "avi");
    private static final Set<String> PICTURES = Set.of("png", "jpg", "jpeg");

    /**
     * Opens the clip.
     *
     * @throws MediaException if there is no such file, no sound for it, or it is damaged
     */
    public Clip open(ClipOptions options) {
        Path path = Path.of(text);
        if (Files.isDirectory(path)) {
            return Clip.ofFrames(path, soundOfFolder(path), options);
        }
        if (Files.exists(path)) {
            return openFile(path, soundBeside(path), options);
        }
        int plus = text.lastIndexOf('+');
        if (plus > 0) {
            Path picture = existing(Path.of(text.substring(0, plus)));
            Path sound = existing(Path.of(text.substring(plus + 1)));
            return Files.isDirectory(picture)
                    ? Clip.ofFrames(picture, sound, options)
                    : openFile(picture, Optional.of(sound), options);
        }
        throw MediaException.of(text, "a video, a folder of frames or a picture", "no such file", "check the path");
    }

    private static Path existing(Path path) {
        if (!Files.exists(path)) {
            throw MediaException.of(
                    path.toString(), "a file", "no such file", "PICTURE+SOUND.wav takes two existing paths");
        }
        return path;
    }

    private static Clip openFile(Path file, Optional<Path> sound, ClipOptions options) {
        String extension = extension(file);
        if (VIDEOS.contains(extension)) {
            return Clip.open(file, options);
        }
        if (!PICTURES.contains(extension)) {
            throw MediaException.of(
                    file.toString(),
                    "a video (mp4, m4v, mov, mkv, webm, avi) or a picture (png, jpg)",
                    extension.isEmpty() ? "a file without extension" : "." + extension,
                    "convert it first");
        }
        return Clip.ofImage(
                file,
                sound.orElseThrow(() -> MediaException.of(
                        file.toString(),
                        "a sound for the picture",
                        "no " + stem(file) + ".wav beside it",
                        "give --audio FILE.wav, or PICTURE+SOUND.wav as input")),
                options);
    }

    private Optional<Path> soundBeside(Path picture) {
        if (audio.isPresent()) {
            return audio;
        }
        Path sound = picture.resolveSibling(stem(picture) + ".wav");
        return Files.exists(sound) ? Optional.of(sound) : Optional.empty();
    }

    private Path soundOfFolder(Path folder) {
        if (audio.isPresent()) {
            return audio.get();
        }
        List<Path> inside;
        try (Stream<Path> files = Files.list(folder)) {
            inside =
                    files.filter(file -> extension(file).equals("wav")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + " cannot be listed", e);
        }
        if (inside.size() == 1) {
            return inside.getFirst();
        }
        Path normal = folder.toAbsolutePath().normalize();
        Path beside = normal.resolveSibling(normal.getFileName() + ".wav");
        if (inside.isEmpty() && Files.exists(beside)) {
            return beside;
        }
        throw MediaException.of(
                folder.toString(),
                "one WAV file in the folder, or " + beside.getFileName() + " beside it",
                inside.isEmpty() ? "none" : inside.size() + " in the folder",
                "give --audio FILE.wav");
    }

    private static String extension(Path file) {
        String name = file.getFileName() == null ? "" : file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }
}
