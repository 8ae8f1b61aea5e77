package dev.earshot.segmentation.datasets;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds a data set below the folder that a user names, and says in one message what is missing. */
final class DataFolder {
    private DataFolder() {}

    /**
     * The folder that holds {@code table}: the given one or the data set's usual folder in it.
     *
     * @throws IllegalArgumentException if neither holds it
     */
    static Path holding(Path given, String usual, String table, BenchmarkKind kind) {
        for (Path folder : List.of(given, given.resolve(usual))) {
            if (Files.isRegularFile(folder.resolve(table))) {
                return folder;
            }
        }
        throw new IllegalArgumentException("%s: expected %s or %s, got %s — give the folder of the extracted data set"
                .formatted(
                        kind.title(),
                        given.resolve(table),
                        given.resolve(usual).resolve(table),
                        Files.isDirectory(given) ? "a folder without either" : "no folder " + given));
    }

    /** True if a text from a table can be a file's name by itself and does not lead elsewhere. */
    static boolean isPlainName(String text) {
        if (text.isEmpty() || text.equals(".") || text.equals("..") || text.matches("(?s).*[/\\\\\\x00].*")) {
            return false;
        }
        try {
            return Path.of(text).getNameCount() == 1;
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** Whether a clip's files are all there; collects what is not. */
    static final class Check {
        private final BenchmarkKind kind;
        private final Path root;
        private final List<String> missingClips = new ArrayList<>();
        private String firstMissing = "";
        private int present;

        Check(BenchmarkKind kind, Path root) {
            this.kind = kind;
            this.root = root;
        }

        /** True if every file is there. */
        boolean complete(EvaluationClip clip, List<Path> targets) {
            List<Path> files = new ArrayList<>(clip.frames());
            files.addAll(targets);
            files.add(clip.audio());
            for (Path file : files) {
                if (!Files.isRegularFile(file)) {
                    missingClips.add(clip.id());
                    firstMissing = firstMissing.isEmpty() ? file.toString() : firstMissing;
                    return false;
                }
            }
            present++;
            return true;
        }

        /** The clips that lack files, if that is acceptable. */
        List<String> missing(Missing policy) {
            if (missingClips.isEmpty() || policy == Missing.SKIP && present > 0) {
                return missingClips;
            }
            throw new IllegalArgumentException(
                    "%s in %s: expected frames, sound and targets of %d clips, got %d clips with missing files, the first is %s — complete the data set%s"
                            .formatted(
                                    kind.title(),
                                    root,
                                    present + missingClips.size(),
                                    missingClips.size(),
                                    firstMissing,
                                    policy == Missing.REFUSE ? " or leave such clips out" : ""));
        }
    }
}
