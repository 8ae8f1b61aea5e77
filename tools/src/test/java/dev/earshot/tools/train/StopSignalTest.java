package dev.earshot.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StopSignalTest {
    private static final long SIGINT_BIT = 1 << 1;

    /** Works until it is told to stop, then takes a moment to save. */
    static final class Work {
        private Work() {}

        public static void main(String[] arguments) throws InterruptedException {
            try (StopSignal stop = StopSignal.install(System.out::println)) {
                System.out.println("working");
                while (!stop.requested()) {
                    Thread.sleep(5);
                }
                Thread.sleep(200);
                System.out.println("saved");
            }
            System.exit(0); // as the command line does; the signal's status wins
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void aSignalLetsTheWorkBeSavedAndGivesItsStatus(String signal, int status) throws Exception {
        assumeTrue(signal.equals("TERM") || !interruptsAreIgnored(), "whoever started this run ignores SIGINT");
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Work.class.getName()))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = process.inputReader()) {
            assertEquals("working", output.readLine());
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertEquals("stopping: the step in progress is finished and saved first", output.readLine());
            assertEquals("saved", output.readLine());
            assertEquals(status, process.waitFor());
        }
    }

    /** A shell ignores SIGINT for what it runs in the background, and so does everything started from there. */
    private static boolean interruptsAreIgnored() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("SigIgn:"))
                    .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .anyMatch(ignored -> (ignored & SIGINT_BIT) != 0);
        }
    }

    @Test
    void workThatEndsByItselfLeavesNothingBehind() {
        StopSignal stop = StopSignal.install(line -> {});
        stop.close();
        assertFalse(stop.requested());
        stop.close();
    }
}
