package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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
