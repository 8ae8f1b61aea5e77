package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line: wrong use, folders, and which parts run. */
class BenchCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter errors = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = BenchCommand.commandLine().setErr(new PrintWriter(errors, true));
        return command.execute(arguments);
    }

    @Test
    void unknownPartIsRefusedAndTheKnownOnesAreNamed() {
        assertEquals(2, run("--only", "peaks,typo", "--out", folder.toString()));
        assertTrue(errors.toString().contains("--only: expected some of peaks, jmh"), errors::toString);
        assertTrue(errors.toString().contains("got typo"), errors::toString);
    }

    @Test
    void unknownSuiteAndNoThreadsAreRefused() {
        assertEquals(2, run("--suite", "tpu"));
        assertEquals(2, run("--threads", "0"));
        assertTrue(errors.toString().contains("expected cpu, cuda or all, got tpu"), errors::toString);
        assertTrue(errors.toString().contains("expected 1 or more, got 0"), errors::toString);
    }

    @Test
    void aFolderThatCannotBeMadeEndsWithOneLine() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertEquals(3, run("--merge", "--out", file.resolve("below").toString()));
        assertTrue(errors.toString().contains("expected a folder that can be made"), errors::toString);
        assertEquals(1, errors.toString().strip().lines().count(), errors::toString);
    }

    /** A folder with one figure of ours in its raw files, merged beside another folder. */
    private int merged(String name, String millis, String... more) throws Exception {
        Path raw = Files.createDirectories(folder.resolve(name).resolve("raw"));
        Files.writeString(raw.resolve("peers-kmeans.json"), """
                {"results": [{"model": "kmeans", "batch": 5, "blocks": "all", "engine": "earshot", "precision": "fp32",
                  "facts": {}, "rounds_millis": [[MILLIS]]},
                 {"model": "kmeans", "batch": 1, "blocks": "all", "engine": "earshot", "precision": "fp32",
                  "facts": {}, "rounds_millis": [[7, 7, 7]]}]}
                """.replace("MILLIS", millis));
        List<String> arguments =
                new ArrayList<>(List.of("--merge", "--out", folder.resolve(name).toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private long lossesOf(String name) throws Exception {
        return Files.readString(folder.resolve(name).resolve("README.md"))
                .lines()
                .filter(line -> line.contains("the noise"))
                .count();
    }

    @Test
    void aLossOfATenthEndsWithOneLineAndStatusOne() throws Exception {
        String[] compare = {"--compare", folder.resolve("before").toString()};
        assertEquals(0, merged("before", "9.9, 10, 10.1"));
        assertEquals(1, merged("slower", "10.9, 11, 11.1", compare));
        assertEquals(1, lossesOf("slower"));
        assertEquals(0, merged("a-little-slower", "10.3, 10.4, 10.5", compare));
        assertEquals(0, lossesOf("a-little-slower"));
        assertEquals(0, merged("noisy", "9, 11, 13", compare), "listed, but its range touches the other");
        assertEquals(1, lossesOf("noisy"));
        assertEquals(
                2,
                merged(
                        "nothing-before",
                        "10",
                        "--compare",
                        folder.resolve("nowhere").toString()));
    }

    @Test
    void onlyNamesCallsOfPeersToo() {
        Setting setting = new Setting(folder, folder.resolve("raw"), 2, false, "python3", "cuda");
        List<String> only = List.of("peers:vit", "peers:images", "start");
        List<String> files = Parts.ALL.stream()
                .filter(part -> part.isNamed(only))
                .flatMap(part -> part.among(only).steps(setting).stream())
                .map(Step::file)
                .toList();
        assertEquals(List.of("peers-vit.json", "start.json", "cuda-peers-images.json"), files);
        assertEquals(2, run("--only", "peers:typo", "--out", folder.toString()));
        assertTrue(errors.toString().contains("peers:sam-vit-h"), errors::toString);
        assertTrue(errors.toString().contains("got peers:typo"), errors::toString);
    }

    @Test
    void aQuickRunLeavesOutWhatTakesMinutes() {
        Setting quick = new Setting(folder, folder.resolve("raw"), 2, true, "python3", "cuda");
        List<String> files = Parts.ALL.stream()
                .flatMap(part -> part.steps(quick).stream())
                .map(Step::file)
                .toList();
        assertTrue(files.contains("peers-kmeans.json"), files::toString);
        assertTrue(
                files.stream().noneMatch(file -> file.contains("sam-") || file.contains("imagebind")), files::toString);
    }

    @Test
    void eachStepWritesAFileOfItsOwn() {
        Setting setting = new Setting(folder, folder.resolve("raw"), 2, false, "python3", "cuda");
        List<String> files = Parts.ALL.stream()
                .flatMap(part -> part.steps(setting).stream())
                .map(Step::file)
                .toList();
        assertEquals(files.stream().distinct().count(), files.size(), files::toString);
    }

    @Test
    void programsGetTheirFileThreadsAndEffort() {
        Setting setting = new Setting(folder, folder.resolve("raw"), 3, true, "python3", "cuda");
        for (Part part : Parts.ALL) {
            for (Step step : part.steps(setting)) {
                String command = String.join(" ", step.command());
                assertTrue(command.contains("raw"), command);
                assertTrue(command.contains("ActiveProcessorCount=3") || command.contains("--threads 3"), command);
                assertTrue(
                        command.contains("--quick") || command.contains("--small") || command.contains("--rounds 2"),
                        command);
            }
        }
    }
}
