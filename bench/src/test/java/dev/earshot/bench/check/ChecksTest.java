package dev.earshot.bench.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The checks of a card, on the processor and on a handful of rows. */
class ChecksTest {
    @TempDir
    private Path folder;

    private static int run(Object program, String... arguments) {
        return new CommandLine(program).execute(arguments);
    }

    @Test
    void stridesVisitEveryRowOnceAndAllOpsEarly() {
        List<Integer> rows = IntStream.range(0, 1000).boxed().toList();
        List<Integer> order = Sweep.inStrides(rows);
        assertEquals(rows, order.stream().sorted().toList());
        assertEquals(List.of(0, 16, 32), order.subList(0, 3));
    }

    @Test
    void aSweepRunsWhatTheFilterNamesAndNothingIsAFault() {
        assertEquals(0, run(new Sweep(), "--backend", "reference", "--rows", "argmax"));
        assertEquals(1, run(new Sweep(), "--backend", "reference", "--rows", "no such op"));
        assertEquals(1, run(new Sweep(), "--backend", "reference", "--seconds", "-1"));
    }

    @Test
    void digestsTellWhichResultsDiffer() {
        Digests one = new Digests();
        Digests other = new Digests();
        one.put("same", Digests.of(ByteBuffer.wrap(new byte[] {1, 2})));
        other.put("same", Digests.of(ByteBuffer.wrap(new byte[] {1, 2})));
        one.put("changed", Digests.of(ByteBuffer.wrap(new byte[] {1, 2})));
        other.put("changed", Digests.of(ByteBuffer.wrap(new byte[] {1, 3})));
        one.put("only here", "a");
        other.put("only there", "a");
        assertEquals(List.of("changed", "only here", "only there"), one.differences(other));
        assertEquals(one.differences(other), other.differences(one));
    }

    @Test
    void twoProcessesAreComparedByTheirDigests() throws Exception {
        Path first = folder.resolve("first.txt");
        String goldens = Path.of("..", "tools", "src", "test", "resources", "goldens", "sam", "postprocess")
                .toString();
        String[] rows = {"--backend", "cpu:1", "--rows", "softmax 1x", "--goldens", goldens};
        assertEquals(0, run(new Repeat(), with(rows, "--digests", first.toString())));
        List<String> lines = Files.readAllLines(first);
        assertTrue(lines.size() == 5 && lines.getLast().startsWith("moca, 5 frames\t"), lines::toString);
        assertEquals(lines.size(), Set.copyOf(lines).size());
        String second = folder.resolve("second.txt").toString();
        String[] against = with(rows, "--digests", second, "--against", first.toString());
        assertEquals(0, run(new Repeat(), against));
        lines.set(0, lines.getFirst().replaceFirst("\t.*", "\t00"));
        Files.write(first, lines);
        assertEquals(1, run(new Repeat(), against));
    }

    private static String[] with(String[] some, String... more) {
        return IntStream.range(0, some.length + more.length)
                .mapToObj(i -> i < some.length ? some[i] : more[i - some.length])
                .toArray(String[]::new);
    }
}
