package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings that are killed without warning, again and again, end where one in peace ends. */
class KilledTrainingTest {
    private static final int CHECKPOINT_EVERY = 2;

    @TempDir
    private Path folder;

    @Test
    void eightKillsAtRandomMomentsChangeNothing() throws Exception {
        killAndCompare(8, 60);
    }

    @Tag("slow")
    @Test
    void twoHundredKillsAtRandomMomentsChangeNothing() throws Exception {
        killAndCompare(200, 1200);
    }

    private void killAndCompare(int kills, long steps) throws Exception {
        Path data = TinyTraining.write(folder.resolve("data"));
        Path run = folder.resolve("killed");
        Random random = new Random(kills);
        long begun = 0;
        for (int kill = 0; kill < kills; kill++) {
            Killed killed = killOne(data, run, steps, random);
            assertTrue(killed.begun >= begun, "began at " + killed.begun + " after " + begun);
            begun = Math.max(killed.begun, killed.saved);
        }
        Process last = start(data, run, steps);
        String output = new String(last.getInputStream().readAllBytes());
        assertEquals(0, last.waitFor(), output);
        assertTrue(firstNumber(output, "begun ") >= begun, output);

        Path peace = folder.resolve("peace");
        try (Backend backend = Backends.open("cpu");
                TinyTraining tiny = new TinyTraining(backend, data, TinyTraining.recipe(steps, 1e-3));
                TrainingRun books = new TrainingRun(
                        tiny.trainer,
                        new TrainingRun.Options(peace, false, 1000, 3, 3),
                        tiny.training.hashes(),
                        TrainingListener.NONE)) {
            assertTrue(books.train(() -> false));
        }
        TrainingRunTest.assertSame(newest(peace), newest(run));
        assertEquals(losses(peace), losses(run));
    }

    private record Killed(long begun, long saved) {}

    /** Lets a training do some steps or none, waits for a random moment, and kills it. */
    private static Killed killOne(Path data, Path run, long steps, Random random) throws Exception {
        Process process = start(data, run, steps);
        StringBuilder output = new StringBuilder();
        int lines = random.nextInt(8);
        try (BufferedReader reader = process.inputReader()) {
            String line = "";
            for (int i = 0; i <= lines && line != null; i++) {
                line = reader.readLine();
                output.append(line).append('\n');
            }
            Thread.sleep(random.nextInt(60));
            process.toHandle().destroyForcibly(); // unlike the process, its handle leaves the stream open
            for (line = reader.readLine(); line != null; line = reader.readLine()) {
                output.append(line).append('\n');
            }
        }
        String all = output.toString();
        assertTrue(all.startsWith("begun "), all);
        return new Killed(firstNumber(all, "begun "), lastNumber(all, "saved "));
    }

    private static long firstNumber(String output, String before) {
        return output.lines()
                .filter(line -> line.startsWith(before))
                .mapToLong(line -> Long.parseLong(line.substring(before.length())))
                .findFirst()
                .orElse(0);
    }

    private static long lastNumber(String output, String before) {
        return output.lines()
                .filter(line -> line.startsWith(before))
                .mapToLong(line -> Long.parseLong(line.substring(before.length())))
                .reduce(0, (_, later) -> later);
    }

    private static Process start(Path data, Path run, long steps) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                TrainingChild.class.getName(),
                data.toString(),
                run.toString(),
                Long.toString(steps),
                Integer.toString(CHECKPOINT_EVERY));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static Checkpoint newest(Path run) {
        return new CheckpointFolder(run.resolve(TrainingRun.CHECKPOINTS), 3)
                .newest()
                .orElseThrow();
    }

    private static List<Double> losses(Path run) {
        return TrainingLog.read(run).stream().map(LogEntry::loss).toList();
    }
}
