package dev.earshot.bench.suite;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds earlier results: the newest that is committed for a machine, or those of a folder. */
final class Committed {
    private Committed() {}

    /** The newest full run of the machine in the last commit; empty where there is none or no git. */
    static Optional<ResultFile> newest(Path home, String machine) throws IOException, InterruptedException {
        String folder = "bench/results/" + machine + "/";
        Optional<String> file = git(home, "ls-tree", "-r", "--name-only", "HEAD", folder)
                .lines()
                .filter(path -> path.endsWith("/" + ResultFile.NAME) && !path.contains("-quick/"))
                .max(Comparator.naturalOrder());
        return file.isEmpty()
                ? Optional.empty()
                : Optional.of(ResultFile.parse(git(home, "show", "HEAD:" + file.get())));
    }

    /** Of a folder of results. */
    static ResultFile in(Path folder) throws IOException {
        Path file = folder.resolve(ResultFile.NAME);
        if (!Files.isReadable(file)) {
            throw new IllegalArgumentException(
                    "--compare: expected a folder with %s, got %s".formatted(ResultFile.NAME, folder));
        }
        return ResultFile.parse(Files.readString(file));
    }

    private static String git(Path home, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(words));
        try {
            Process process = new ProcessBuilder(command)
                    .directory(home.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? text : "";
        } catch (IOException e) {
            return ""; // no git: nothing is committed here
        }
    }
}
