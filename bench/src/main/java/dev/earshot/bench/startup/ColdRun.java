package dev.earshot.bench.startup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs the {@code earshot} command in processes of its own and watches what it writes.
 *
 * @param home folder with the launcher and the samples
 */
record ColdRun(Path home) {
    /** The launcher's word for what the JVM starts from; see its {@code EARSHOT_ARCHIVE}. */
    enum Archive {
        /** An AOT cache where the JDK has them. */
        BEST("", ""),
        /** The class-data archive of older JDKs. */
        CLASS_DATA("cds", " with class-data archive"),
        /** Nothing but the JDK's own. */
        NONE("no", " without archive");

        private final String setting;
        private final String words;

        Archive(String setting, String words) {
            this.setting = setting;
            this.words = words;
        }

        /** What the name of a figure says. */
        String words() {
            return words;
        }
    }

    /**
     * When something was there, counted from the start of the process.
     *
     * @param firstMaskMillis the first picture of {@code masks/} has all its bytes
     * @param endMillis the process has ended
     */
    record Times(double firstMaskMillis, double endMillis) {}

    private static final long POLL_NANOS = 2_000_000;

    /** Segments the sample clip. */
    Times segment(Archive archive) throws IOException, InterruptedException {
        Path out = Files.createTempDirectory("earshot-start-");
        try {
            long started = System.nanoTime();
            Process process = start(
                    archive,
                    "segment",
                    home.resolve("samples/one-sounds.mp4").toString(),
                    "--out",
                    out.toString(),
                    "--quiet");
            double first = 0;
            while (process.isAlive()) {
                if (first == 0 && hasMask(out)) {
                    first = (System.nanoTime() - started) / 1e6;
                }
                java.util.concurrent.locks.LockSupport.parkNanos(POLL_NANOS);
            }
            double end = (System.nanoTime() - started) / 1e6;
            if (process.waitFor() != 0 || first == 0) {
                throw new IllegalStateException("earshot segment: expected exit status 0 and a mask while it ran, got "
                        + process.exitValue() + " — run it by hand");
            }
            return new Times(first, end);
        } finally {
            delete(out);
        }
    }

    /** Milliseconds that {@code earshot --version} takes. */
    double version(Archive archive) throws IOException, InterruptedException {
        long started = System.nanoTime();
        Process process = start(archive, "--version");
        if (process.waitFor() != 0) {
            throw new IllegalStateException("earshot --version: expected exit status 0, got " + process.exitValue());
        }
        return (System.nanoTime() - started) / 1e6;
    }

    private Process start(Archive archive, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(home.resolve("earshot").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("EARSHOT_ARCHIVE", archive.setting);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    /** True if a first mask lies below {@code out}, in the final folder or in the one that becomes it. */
    private static boolean hasMask(Path out) throws IOException {
        try (Stream<Path> files = Files.walk(out, 4)) {
            return files.anyMatch(file -> file.endsWith(Path.of("masks", "00000.png"))
                    && file.toFile().length() > 0);
        } catch (UncheckedIOException e) {
            return false; // a folder was renamed under the walk
        }
    }

    /** Deletes a folder with all it holds. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
