package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of parts: what they leave, how they fail, and that none outlives its run. */
class RunsTest {
    @TempDir
    private Path folder;

    private final PrintStream progress = new PrintStream(new ByteArrayOutputStream());

    private Setting setting() {
        return new Setting(folder, folder, 2, false, "python3", "cuda");
    }

    private Part part(String file, String... command) {
        return part(file, 1, command);
    }

    private Part part(String file, double seconds, String... command) {
        return new Part("made-up", "why", "cpu", false, _ -> List.of(new Step(file, file, List.of(command), seconds)));
    }

    private Outcome run(Runs runs, Part part) throws Exception {
        return run(runs, part, Budget.UNBOUNDED);
    }

    private Outcome run(Runs runs, Part part, Budget budget) throws Exception {
        try (Children children = new Children(folder, Map.of("GIVEN", "42"), progress)) {
            runs.run(part, setting(), budget, children, progress);
        }
        return runs.outcomes().getLast();
    }

    @Test
    void aQuickStepSaysSo() throws Exception {
        Runs runs = Runs.in(folder);
        try (Children children = new Children(folder, Map.of(), progress)) {
            Setting quick = new Setting(folder, folder, 2, true, "python3", "cuda");
            runs.run(part("a.json", "sh", "-c", "echo > a.json"), quick, Budget.UNBOUNDED, children, progress);
        }
        assertTrue(runs.outcomes().getLast().isQuick());
        assertFalse(run(runs, part("a.json", "sh", "-c", "echo > a.json")).isQuick());
    }

    @Test
    void aFailingStepLeavesTheOthersAlone() throws Exception {
        Runs runs = Runs.in(folder);
        Outcome failed = run(runs, part("a.json", "sh", "-c", "echo last words >&2; exit 7"));
        assertEquals(Outcome.FAILED, failed.status());
        assertEquals("ended with status 7: last words", failed.reason());
        Outcome done = run(runs, part("b.json", "sh", "-c", "echo $GIVEN > b.json"));
        assertEquals(Outcome.MEASURED, done.status());
        assertEquals("42\n", Files.readString(folder.resolve("b.json")));
        assertTrue(runs.anyFailed());
    }

    @Test
    void aMissingProgramAndAMissingFileAreFailures() throws Exception {
        Runs runs = Runs.in(folder);
        assertTrue(run(runs, part("a.json", "/no/such/python")).reason().startsWith("did not start"));
        Files.writeString(folder.resolve("b.json"), "of an earlier run");
        Outcome nothing = run(runs, part("b.json", "true"));
        assertEquals("left no b.json", nothing.reason());
        assertTrue(Files.notExists(folder.resolve("b.json")));
    }

    @Test
    void laterCallsKnowWhatEarlierOnesDid() throws Exception {
        run(Runs.in(folder), part("a.json", "sh", "-c", "echo 1 > a.json"));
        Runs later = Runs.in(folder);
        later.skip(part("a.json"), setting(), "left out");
        later.skip(part("c.json"), setting(), "left out");
        assertEquals(
                List.of(Outcome.MEASURED, Outcome.NOT_RUN),
                later.outcomes().stream().map(Outcome::status).toList());
        assertFalse(later.anyFailed());
    }

    /** Of so many seconds from now. */
    private static Budget seconds(double seconds, boolean resume) {
        return new Budget(System.nanoTime() + Math.round(seconds * 1e9), true, resume);
    }

    @Test
    void whatWouldNotBeDoneInTimeIsLeftUnlessItIsTheFirst() throws Exception {
        Runs runs = Runs.in(folder);
        Budget hour = seconds(3600, false);
        assertEquals(
                Outcome.MEASURED,
                run(runs, part("a.json", 4000, "sh", "-c", "echo > a.json"), hour)
                        .status());
        Outcome left = run(runs, part("b.json", 4000, "sh", "-c", "echo > b.json"), hour);
        assertEquals(Outcome.NOT_RUN, left.status());
        assertEquals("no time left for about 4000 s", left.reason());
        assertTrue(Files.notExists(folder.resolve("b.json")));
        runs.skip(part("b.json", 4000), setting(), "left out");
        assertEquals("no time left for about 4000 s", runs.outcomes().getLast().reason());
        assertEquals(
                Outcome.MEASURED,
                run(runs, part("c.json", 5, "sh", "-c", "echo > c.json"), hour).status());
        assertEquals(List.of("b.json"), runs.left());
        assertFalse(runs.anyFailed());
    }

    @Test
    void nothingStartsOnceTheTimeIsOver() throws Exception {
        Runs runs = Runs.in(folder);
        run(runs, part("a.json", "sh", "-c", "echo > a.json"), seconds(-1, false));
        assertEquals(List.of("a.json"), runs.left());
        assertTrue(Files.notExists(folder.resolve("a.json")));
    }

    @Test
    void whatRunsAtTheDeadlineIsCutOffAndKeepsWhatItWrote() throws Exception {
        Runs runs = Runs.in(folder);
        Outcome cut = run(runs, part("a.json", "sh", "-c", "echo half > a.json; exec sleep 1000"), seconds(1, false));
        assertEquals(Outcome.FAILED, cut.status());
        assertTrue(cut.reason().startsWith("cut off after"), cut.reason());
        assertEquals("half\n", Files.readString(folder.resolve("a.json")));
        assertEquals(List.of("a.json"), runs.left());
    }

    @Test
    void aLaterCallGoesOnWithWhatIsMissing() throws Exception {
        run(Runs.in(folder), part("a.json", "sh", "-c", "echo 1 > a.json"));
        run(Runs.in(folder), part("b.json", "sh", "-c", "exit 3"));
        Runs later = Runs.in(folder);
        run(later, part("a.json", "sh", "-c", "echo 2 > a.json"), seconds(3600, true));
        assertEquals("1\n", Files.readString(folder.resolve("a.json")));
        assertEquals(
                Outcome.MEASURED,
                run(later, part("b.json", "sh", "-c", "echo 2 > b.json"), seconds(3600, true))
                        .status());
        assertEquals(List.of(), later.left());
        assertFalse(later.anyFailed());
        run(later, part("a.json", "sh", "-c", "echo 3 > a.json"));
        assertEquals("3\n", Files.readString(folder.resolve("a.json")), "without --resume everything is anew");
    }

    @Test
    void whatAStepTookBeforeCountsMoreThanItsEstimate() throws Exception {
        run(Runs.in(folder), part("a.json", "sh", "-c", "echo 1 > a.json"));
        Runs later = Runs.in(folder);
        Budget minute = seconds(60, false);
        run(later, part("first.json", "sh", "-c", "echo > first.json"), minute);
        assertEquals(
                Outcome.MEASURED,
                run(later, part("a.json", 4000, "sh", "-c", "echo 2 > a.json"), minute)
                        .status());
        assertEquals("2\n", Files.readString(folder.resolve("a.json")));
    }

    @Test
    void aQuickFigureDoesNotStandForAFullOne() throws Exception {
        Runs runs = Runs.in(folder);
        try (Children children = new Children(folder, Map.of(), progress)) {
            Setting quick = new Setting(folder, folder, 2, true, "python3", "cuda");
            runs.run(part("a.json", "sh", "-c", "echo 1 > a.json"), quick, Budget.UNBOUNDED, children, progress);
        }
        run(runs, part("a.json", "sh", "-c", "echo 2 > a.json"), seconds(3600, true));
        assertEquals("2\n", Files.readString(folder.resolve("a.json")));
    }

    @Test
    void closingEndsAStoppedProcessAndWhatItStarted() throws Exception {
        Path numbers = folder.resolve("numbers");
        Children children = new Children(folder, Map.of(), progress);
        Thread runner = new Thread(() -> {
            try {
                children.run(
                        List.of("sh", "-c", "sleep 1000 & echo $$ $! > some; kill -STOP $!; mv some numbers; wait"));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        runner.start();
        while (Files.notExists(numbers)) {
            Thread.sleep(5);
        }
        children.close();
        runner.join();
        for (String number : Files.readString(numbers).strip().split(" ")) {
            var process = ProcessHandle.of(Long.parseLong(number));
            if (process.isPresent()) {
                process.get().onExit().get(30, TimeUnit.SECONDS);
            }
        }
    }
}
