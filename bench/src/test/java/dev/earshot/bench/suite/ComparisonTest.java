package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
    private static Figure time(double low, double value, double high) {
        return MadeUp.figure("pass", "earshot", Better.LOWER, low, value, high);
    }

    private static Figure rate(double low, double value, double high) {
        return MadeUp.figure("rate", "earshot", Better.HIGHER, low, value, high);
    }

    private static Comparison compare(Figure before, Figure now) {
        return new Comparison(MadeUp.run("box", before), MadeUp.run("box", now));
    }

    @Test
    void improvementsAndSmallLossesAreNoLosses() {
        for (Figure now : List.of(time(7, 8, 9), time(10.3, 10.4, 10.5), time(10.4, 10.5, 10.6))) {
            Comparison comparison = compare(time(9.9, 10, 10.1), now);
            assertTrue(comparison.losses().isEmpty(), comparison::text);
            assertFalse(comparison.failed());
            assertTrue(comparison.text().contains("Nothing is more than 5 % worse"));
        }
        assertTrue(compare(rate(9, 10, 11), rate(19, 20, 21)).losses().isEmpty());
    }

    @Test
    void aLossWithinTheNoiseIsListedAndDoesNotFail() {
        Comparison comparison = compare(time(9, 10, 12), time(11, 13, 14));
        assertEquals(1, comparison.losses().size());
        assertEquals(0.3, comparison.losses().getFirst().share(), 1e-12);
        assertFalse(comparison.failed());
        assertTrue(comparison.text().contains("30 %"), comparison::text);
        assertTrue(comparison.text().contains("within the noise"), comparison::text);
    }

    @Test
    void aLossBeyondTheNoiseFails() {
        assertTrue(compare(time(9, 10, 11), time(12, 13, 14)).failed());
        Comparison rates = compare(rate(9, 10, 11), rate(5, 6, 7));
        assertTrue(rates.failed());
        assertEquals(0.4, rates.losses().getFirst().share(), 1e-12);
        assertTrue(rates.text().contains("**beyond the noise**"));
    }

    @Test
    void aFigureThatIsNoNumberNowIsALoss() {
        assertTrue(compare(time(9, 10, 11), time(Double.NaN, Double.NaN, Double.NaN))
                .failed());
        assertTrue(compare(time(Double.NaN, Double.NaN, Double.NaN), time(9, 10, 11))
                .losses()
                .isEmpty());
    }

    @Test
    void aMissingFigureIsNamedAndDoesNotFail() {
        Comparison comparison = compare(time(9, 10, 11), rate(1, 2, 3));
        assertFalse(comparison.failed());
        assertEquals(List.of("group | pass | earshot | ms"), comparison.missing());
        assertTrue(comparison.text().contains("Not measured this time: group | pass"), comparison::text);
    }

    @Test
    void peersAndFactsDoNotCount() {
        Figure peer = MadeUp.figure("pass", "torch", Better.LOWER, 1, 1, 1);
        Figure slower = MadeUp.figure("pass", "torch", Better.LOWER, 9, 9, 9);
        assertTrue(compare(peer, slower).losses().isEmpty());
        Figure fact = MadeUp.figure("size", "earshot", Better.NEITHER, 1, 1, 1);
        Figure other = MadeUp.figure("size", "earshot", Better.NEITHER, 9, 9, 9);
        assertTrue(compare(fact, other).losses().isEmpty());
    }

    @Test
    void anotherMachineIsRefused() {
        IllegalArgumentException failure = assertThrows(
                IllegalArgumentException.class,
                () -> new Comparison(MadeUp.run("one", time(1, 1, 1)), MadeUp.run("two", time(1, 1, 1))));
        assertTrue(failure.getMessage().contains("expected results of two, got those of one"), failure::getMessage);
    }

    @Test
    void resultsSurviveTheirFile(@TempDir Path folder) throws Exception {
        ResultFile run = MadeUp.run("box", time(1, 2, Double.NaN), rate(3, 4, 5));
        run.write(folder);
        ResultFile read = Committed.in(folder);
        assertEquals(run, read);
        assertThrows(IllegalArgumentException.class, () -> Committed.in(folder.resolve("nowhere")));
    }

    @Test
    void theNewestCommittedFullRunIsFound(@TempDir Path home) throws Exception {
        for (String date : List.of("2030-01-01", "2030-02-01", "2030-03-01-quick")) {
            Path folder =
                    Files.createDirectories(home.resolve("bench/results/box").resolve(date));
            double value = Double.parseDouble(date.substring(5, 7));
            MadeUp.run("box", time(value, value, value)).write(folder);
        }
        assertTrue(Committed.newest(home, "box").isEmpty(), "nothing is committed yet");
        git(home, "init", "-q");
        git(home, "add", ".");
        git(home, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "results");
        ResultFile newest = Committed.newest(home, "box").orElseThrow();
        assertEquals(2, newest.results().getFirst().figure().value());
        assertTrue(Committed.newest(home, "another").isEmpty());
    }

    private static void git(Path folder, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .inheritIO()
                .start();
        assertEquals(0, process.waitFor());
    }
}
