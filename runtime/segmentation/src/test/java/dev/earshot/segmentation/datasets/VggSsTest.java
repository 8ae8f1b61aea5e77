package dev.earshot.segmentation.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.metrics.Box;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VggSsTest {
    private static final String ANNOTATIONS = """
            [{"file": "-_a_b-12345_000010", "class": "dog barking, loud", "bbox": [[0.25, 0.5, 0.75, 1.0]]},
             {"file": "broken_000000", "class": "cat", "bbox": [[-2.88e16, 0.0, 0.5, 0.5], [0.5, 0.5, 1, 1]]},
             {"file": "flat_000020", "class": "owl", "bbox": [[0.5, 0.2, 0.5, 0.9], [0.6, 0.9, 0.8, 0.1]]},
             {"file": "unused_000020", "class": "owl", "bbox": []}]
            """;

    @TempDir
    Path folder;

    private MiniTree tree;

    @BeforeEach
    void writeTree() throws IOException {
        tree = new MiniTree(folder)
                .text("vggss.json", ANNOTATIONS)
                .text("vggss_test.csv", "flat_000020\n-_a_b-12345_000010\nbroken_000000\n")
                .text("vggss_heard_test.csv", "broken_000000\r\n")
                .text(
                        "metadata/vggss_test_plus_silent.csv",
                        "video,audio,label\r\nbroken_000000,flat_000020,non-sounding\r\n"
                                + "flat_000020,flat_000020,non-sounding\r\n");
        for (String clip : List.of("-_a_b-12345_000010", "broken_000000", "flat_000020")) {
            tree.empty("frames/" + clip + ".jpg").empty("audio/" + clip + ".wav");
        }
    }

    private BoxBenchmark open(BenchmarkKind kind, String split) {
        return (BoxBenchmark) Benchmarks.open(kind, folder, split);
    }

    private String refusal() {
        return assertThrows(IllegalArgumentException.class, () -> open(BenchmarkKind.EXTENDED_VGGSS, "test"))
                .getMessage();
    }

    @Test
    void clipsComeInTheOrderOfTheListWithTheirBoxes() {
        List<BoxClip> clips = open(BenchmarkKind.VGGSS, "test").clips();
        assertEquals(
                List.of("flat_000020", "-_a_b-12345_000010", "broken_000000"),
                clips.stream().map(BoxClip::id).toList());
        assertEquals("dog barking, loud", clips.get(1).category());
        assertEquals(List.of(new Box(0.25, 0.5, 0.75, 1)), clips.get(1).boxes());
        assertEquals(folder.resolve("frames/flat_000020.jpg"), clips.getFirst().image());
        assertEquals(
                List.of("broken_000000"),
                open(BenchmarkKind.VGGSS, "heard").clips().stream()
                        .map(BoxClip::id)
                        .toList());
    }

    @Test
    void brokenCoordinatesAreClippedAndFlatBoxesContributeNothing() {
        List<BoxClip> clips = open(BenchmarkKind.VGGSS, "test").clips();
        assertEquals(0, Box.union(clips.getFirst().boxes(), 224).area());
        assertEquals(2, clips.getFirst().boxes().size());
        BinaryMask broken = Box.union(clips.get(2).boxes(), 224);
        assertEquals(2 * 112 * 112, broken.area());
        assertTrue(broken.get(0, 0) && broken.get(111, 111) && broken.get(223, 223));
        assertEquals(112 * 112, Box.union(clips.get(1).boxes(), 224).area());
    }

    @Test
    void silentSamplesFollowTheSoundingOnes() {
        BoxBenchmark extended = open(BenchmarkKind.EXTENDED_VGGSS, "test");
        assertEquals(5, extended.clips().size());
        BoxClip silent = extended.clips().get(3);
        assertEquals(BoxClip.NON_SOUNDING, silent.category());
        assertEquals(List.of(), silent.boxes());
        assertEquals(folder.resolve("frames/broken_000000.jpg"), silent.image());
        assertEquals(folder.resolve("audio/flat_000020.wav"), silent.audio());
        assertEquals(5, extended.clips().stream().map(BoxClip::id).distinct().count());
    }

    @Test
    void vanishedVideosAreLeftOutAndListed() throws IOException {
        tree.delete("audio/flat_000020.wav");
        BoxBenchmark some = open(BenchmarkKind.EXTENDED_VGGSS, "test");
        assertEquals(2, some.clips().size());
        assertEquals(
                List.of("flat_000020", "broken_000000+flat_000020", "flat_000020+flat_000020"),
                some.source().missing());
        assertTrue(some.caution().contains("2 clips, 3 missing"), some.caution());
        assertThrows(
                IllegalArgumentException.class,
                () -> Benchmarks.open(BenchmarkKind.VGGSS, folder, "test", Missing.REFUSE));
    }

    @Test
    void damagedTablesAreRefusedByName() throws IOException {
        tree.text("metadata/vggss_test_plus_silent.csv", "video,audio,label\nflat_000020,flat_000020,dog\n");
        assertTrue(refusal().contains("non-sounding in row 1"), refusal());
        tree.text("vggss_test.csv", "stranger_000000\n");
        assertTrue(refusal().contains("stranger_000000"), refusal());
        tree.text("vggss.json", "[{\"file\": \"x_000000\", \"class\": \"c\", \"bbox\": [[0, 0, 1]]}]");
        assertTrue(refusal().contains("entry 0: expected boxes of four numbers"), refusal());
        tree.text("vggss.json", "[{\"file\": \"../x\", \"class\": \"c\", \"bbox\": []}]");
        assertTrue(refusal().contains("clip name"), refusal());
        tree.text("vggss.json", "{\"a\": [");
        assertTrue(refusal().contains("expected JSON"), refusal());
        tree.delete("vggss.json");
        assertTrue(refusal().contains("vggss.json in " + folder), refusal());
    }
}
