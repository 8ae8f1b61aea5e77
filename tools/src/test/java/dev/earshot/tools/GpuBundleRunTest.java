package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script that tests and measures a card, in a bundle whose java notes what it is asked for and answers as the test says: what
 * starts, what is left, what a later call goes on with, what is packed.
 */
@EnabledOnOs(OS.LINUX)
class GpuBundleRunTest {
    /** Notes the words that tell pieces apart; waits, fails or leaves something where the environment names one of them. */
    private static final String JAVA = """
            #!/bin/bash
            case "$*" in
              *Sweep*--rows\\ argmax*) word=probe ;;
              *"parity"*) word=parity-${!#} ;;
              *CudaOpCasesTest*--select-class*|*--select-class*CudaOpCasesTest*) word=table ;;
              *--include-tag\\ failures*) word=failures ;;
              *--scan-classpath*) word=contract ;;
              *Repeat*) word=repeat ;;
              *Sweep*) word=sweep ;;
              *Soak*) word=soak ;;
              *BenchCommand*) word=measure ;;
              *) word=doctor ;;
            esac
            echo "$word" >> "$CALLS"
            echo "$word: $*"
            case ",$HANGING," in *",$word,"*) exec sleep 1000 ;; esac
            case ",$FAILING," in *",$word,"*) exit 1 ;; esac
            case ",$LEAVING," in *",$word,"*) exit 4 ;; esac
            """;

    @TempDir
    private Path folder;

    private Path bundle;
    private Path calls;

    @BeforeEach
    void unpack() throws IOException {
        bundle = Files.createDirectories(folder.resolve("earshot-gpu"));
        calls = folder.resolve("calls");
        for (String file : List.of("run.sh", "pieces.sh")) {
            Files.copy(Path.of("gpu", file), bundle.resolve(file));
        }
        Files.writeString(bundle.resolve("COMMIT"), "abc1234\n");
        program(Files.createDirectories(bundle.resolve("jre/bin")).resolve("java"), JAVA);
        program(Files.createDirectories(folder.resolve("bin")).resolve("python3"), "#!/bin/sh\nexit 1\n");
    }

    private static void program(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private record Call(int status, String output, List<String> pieces) {}

    /** Runs the script; its exit status, words, and what java was asked for, in order. */
    private Call call(Map<String, String> environment, String... options) throws IOException, InterruptedException {
        Files.deleteIfExists(calls);
        List<String> command =
                new ArrayList<>(List.of("/bin/bash", bundle.resolve("run.sh").toString()));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
        builder.environment().put("CALLS", calls.toString());
        for (String name : List.of("HANGING", "FAILING", "LEAVING")) {
            builder.environment().put(name, "");
        }
        builder.environment().put("EARSHOT_RESERVE_SECONDS", "0");
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        List<String> pieces = Files.exists(calls) ? Files.readAllLines(calls) : List.of();
        return new Call(process.waitFor(), output, pieces);
    }

    private String out() {
        return folder.resolve("results").toString();
    }

    /** The outcome of a piece by the table that comes home. */
    private String outcome(String piece) throws IOException {
        return Files.readAllLines(folder.resolve("results/pieces.tsv")).stream()
                .map(line -> line.split("\t"))
                .filter(columns -> columns[0].equals(piece))
                .map(columns -> columns[1])
                .reduce((first, last) -> first + ", " + last)
                .orElse("");
    }

    @Test
    void everyStepRunsOnceAndPasses() throws Exception {
        Call all = call(Map.of(), "--out", out());
        assertEquals(0, all.status(), all.output());
        for (String piece : List.of(
                "probe", "table", "table-tf32", "contract", "goldens", "repeat", "failures", "soak", "measure")) {
            assertEquals("passed", outcome(piece), piece);
        }
        for (String tool : List.of("memcheck", "racecheck", "initcheck", "synccheck")) {
            assertEquals("skipped", outcome(tool), "there is no compute-sanitizer here");
        }
        for (String word :
                List.of("parity-fp32", "parity-tf32", "parity-bf16", "contract", "failures", "soak", "measure")) {
            assertEquals(1, all.pieces().stream().filter(word::equals).count(), word + all.pieces());
        }
        assertTrue(all.output().contains("-Dearshot.test.backends=cuda:tf32"), all.output());
        long parts = all.pieces().stream().filter("table"::equals).count();
        assertTrue(all.output().contains("-Dearshot.test.part=%1$d/%1$d".formatted(parts / 2)), all.output());
        assertEquals(2, all.pieces().stream().filter("repeat"::equals).count(), "two processes");
        Call again = call(Map.of(), "--out", out());
        assertEquals(0, again.status(), again.output());
        assertEquals(List.of(), again.pieces(), "what passed is not run again");
        assertEquals(
                List.of("soak"),
                call(Map.of(), "--out", out(), "--steps", "soak", "--again").pieces());
    }

    @Test
    void aFailureIsNamedTheRestGoesOnAndTheNextCallTriesItAgain() throws Exception {
        Call first = call(Map.of("FAILING", "parity-tf32,soak"), "--out", out(), "--steps", "goldens,soak,measure");
        assertEquals(1, first.status(), first.output());
        assertTrue(first.output().contains("failed: goldens soak"), first.output());
        assertEquals("FAILED", outcome("goldens"));
        assertEquals("passed", outcome("measure"));
        assertTrue(first.pieces().containsAll(List.of("parity-fp32", "parity-bf16")), first.pieces()::toString);
        Call second = call(Map.of(), "--out", out(), "--steps", "goldens,soak,measure");
        assertEquals(0, second.status(), second.output());
        assertEquals("passed", outcome("goldens"));
        assertFalse(second.pieces().contains("measure"), second.pieces()::toString);
    }

    @Test
    void whatWouldNotFitIsLeftAndALaterCallElsewhereGoesOn() throws Exception {
        Path packed = folder.resolve("home/packed.tar.xz");
        Call first = call(
                Map.of(),
                "--out",
                out(),
                "--pack",
                packed.toString(),
                "--steps",
                "probe,soak,measure",
                "--minutes",
                "1.2");
        assertEquals(4, first.status(), first.output());
        assertEquals(List.of("doctor", "probe"), first.pieces(), "soak takes 150 s, measure 120");
        assertEquals("left", outcome("soak"));
        assertTrue(
                first.output().contains("left, call again with --resume " + packed + ": soak measure"), first.output());
        try (Stream<Path> files = Files.walk(folder.resolve("results"))) {
            files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
        }
        Call second = call(Map.of(), "--out", out(), "--resume", packed.toString(), "--steps", "probe,soak,measure");
        assertEquals(0, second.status(), second.output());
        assertEquals(List.of("soak", "measure"), second.pieces(), "probe passed in the first call");
        assertEquals("passed", outcome("soak"));
        assertEquals("passed", outcome("probe"));
    }

    @Test
    void whatStillRunsAtTheEndIsCutOffAndTheResultsArePacked() throws Exception {
        Call cut = call(Map.of("HANGING", "soak"), "--out", out(), "--steps", "probe,soak,measure", "--minutes", "0.1");
        assertEquals(4, cut.status(), cut.output());
        assertEquals("passed", outcome("probe"));
        Call first = call(Map.of("HANGING", "soak"), "--out", out(), "--steps", "soak", "--minutes", "0.05");
        assertEquals(4, first.status(), first.output());
        assertEquals("cut off", outcome("soak"));
        assertTrue(Files.size(Path.of(out() + ".tar.xz")) > 0);
        Call second = call(Map.of(), "--out", out(), "--steps", "soak");
        assertEquals(0, second.status(), second.output());
        assertEquals("passed", outcome("soak"));
    }

    @Test
    void whatAPieceItselfLeavesIsLeft() throws Exception {
        Call first = call(Map.of("LEAVING", "measure"), "--out", out(), "--steps", "measure", "--minutes", "9");
        assertEquals(4, first.status(), first.output());
        assertEquals("left", outcome("measure"));
        assertTrue(first.output().matches("(?s).*BenchCommand .*--resume --minutes 8.*"), first.output());
        assertEquals(
                List.of("measure"),
                call(Map.of(), "--out", out(), "--steps", "measure").pieces());
    }

    @Test
    void anotherBundleRunsEverythingAnew() throws Exception {
        call(Map.of(), "--out", out(), "--steps", "soak");
        Files.writeString(bundle.resolve("COMMIT"), "def5678\n");
        assertEquals(
                List.of("soak"),
                call(Map.of(), "--out", out(), "--steps", "soak").pieces());
        assertEquals("passed", outcome("soak"), "one line, the newest");
    }

    @Test
    void aSanitizerThatDoesNotRunIsToldFromOneThatFinds() throws Exception {
        program(folder.resolve("bin/compute-sanitizer"), """
                #!/bin/bash
                while [ "$1" != --log-file ]; do [ "$1" != --tool ] || tool=$2; shift; done
                case "$tool $*" in
                  racecheck*) echo "========= Error: Device not supported" > "$2"; exit 1 ;;
                  "memcheck "*--seconds*) echo "========= Invalid __global__ read at softmax_f32+0x10
                ========= ERROR SUMMARY: 3 errors" > "$2"; exit 86 ;;
                  *) echo "========= ERROR SUMMARY: 0 errors" > "$2" ;;
                esac
                shift 2
                exec "$@"
                """);
        Call call = call(Map.of(), "--out", out(), "--steps", "sanitizer");
        assertEquals(1, call.status(), call.output());
        assertEquals("FAILED", outcome("memcheck"));
        assertEquals("skipped", outcome("racecheck"));
        assertEquals("passed", outcome("initcheck"));
        assertTrue(call.output().contains("racecheck does not run here, not even over one row"), call.output());
        assertTrue(call.output().contains("1  at softmax_f32"), call.output());
    }

    @Test
    void wrongUseIsRefusedBeforeAnythingRuns() throws Exception {
        assertEquals(2, call(Map.of(), "--out", out(), "--typo").status());
        assertEquals(2, call(Map.of(), "--out", out(), "--minutes", "ten").status());
        assertEquals(
                2, call(Map.of(), "--out", out(), "--resume", calls.toString()).status());
        assertEquals(2, call(Map.of(), "--out", out(), "--steps", "soak,typo").status());
        assertTrue(Files.notExists(calls));
    }
}
