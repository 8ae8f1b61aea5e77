package dev.earshot.segmentation.datasets;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.support.MutationFuzzer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged tables are read, or refused with a message that says what was expected. */
@Tag("fuzz")
class TableFuzzTest {
    @TempDir
    Path folder;

    private MutationFuzzer.Outcome fuzz(String table, BenchmarkKind kind, int count) throws IOException {
        Path file = folder.resolve(table);
        byte[] seed = Files.readAllBytes(file);
        MutationFuzzer.Outcome outcome =
                new MutationFuzzer(List.of(seed), mutant -> open(file, mutant, kind), mutant -> {}).run(count, 9);
        Files.write(file, seed);
        return outcome;
    }

    private void open(Path file, byte[] mutant, BenchmarkKind kind) {
        try {
            Files.write(file, mutant);
            Benchmarks.open(kind, folder, "test");
        } catch (IllegalArgumentException e) {
            refusedByName(e);
        } catch (UncheckedIOException e) { // text that is not UTF-8
            refusedByName(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void refusedByName(RuntimeException e) {
        boolean named = e.getMessage() != null
                && (e.getMessage().contains("expected") && e.getMessage().contains("got")
                        || e.getMessage().contains("cannot be read"));
        if (!named) {
            throw new IllegalStateException("refused without a word", e);
        }
        throw MediaException.of("table", "a good one", "a damaged one", "fuzz", e);
    }

    @Test
    void damagedTablesOfAvsbenchAreRefusedByName() throws IOException {
        MiniTree tree = new MiniTree(folder)
                .text(
                        "s4_meta_data.csv",
                        "name,start,category,split\r\na_1,0,\"dog, loud\",test\r\nb_2,1,cat,train\r\n")
                .s4Clip("test", "dog, loud", "a_1")
                .text("metadata.csv", "uid,label,split\nu_1,v1m,test\nu_2,v2,train\n")
                .labels(ClassTable.DEMO_WORLD.names())
                .avssClip("v1m", "u_1", 5, 5);
        assertTrue(Files.exists(tree.root));
        for (String table : List.of("s4_meta_data.csv", "metadata.csv", "label2idx.json")) {
            var outcome = fuzz(table, table.startsWith("s4") ? BenchmarkKind.S4 : BenchmarkKind.AVSS, 300);
            assertTrue(outcome.accepted() > 0 && outcome.refused() > 100, table + " " + outcome);
        }
    }

    @Test
    void damagedTablesOfVggSsAreRefusedByName() throws IOException {
        new MiniTree(folder)
                .text("vggss.json", "[{\"file\": \"a_000001\", \"class\": \"dog\", \"bbox\": [[-2.9e16, 0.5, 1, 1]]}]")
                .text("vggss_test.csv", "a_000001\n")
                .text("vggss_test_plus_silent.csv", "video,audio,label\r\na_000001,a_000001,non-sounding\r\n")
                .empty("frames/a_000001.jpg")
                .empty("audio/a_000001.wav");
        for (String table : List.of("vggss.json", "vggss_test.csv", "vggss_test_plus_silent.csv")) {
            var outcome = fuzz(table, BenchmarkKind.EXTENDED_VGGSS, 300);
            assertTrue(outcome.accepted() > 0 && outcome.refused() > 40, table + " " + outcome);
        }
    }
}
