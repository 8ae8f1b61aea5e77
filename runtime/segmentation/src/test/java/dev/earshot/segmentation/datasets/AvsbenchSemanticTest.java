package dev.earshot.segmentation.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.metrics.LabelMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AvsbenchSemanticTest {
    @TempDir
    Path folder;

    private MiniTree tree;

    @BeforeEach
    void writeTree() throws IOException {
        tree = new MiniTree(folder)
                .text(
                        "metadata.csv",
                        "vid,uid,s_min,label,split,a_obj\r\n"
                                + "x,long_1,0,v2,test,\"[man, dog]\"\r\n"
                                + "x,single_1,0,v1s,test,dog\r\n"
                                + "x,multi_1,0,v1m,test,dog\r\n"
                                + "x,single_2,0,v1s,train,dog\r\n"
                                + "x,multi_2,0,v1m,train,dog\r\n")
                .labels(ClassTable.AVSBENCH_SEMANTIC.names())
                .avssClip("v2", "long_1", 10, 10)
                .avssClip("v1s", "single_1", 5, 5)
                .avssClip("v1m", "multi_1", 5, 5)
                .avssClip("v1s", "single_2", 5, 1)
                .avssClip("v1m", "multi_2", 5, 5);
    }

    private LabelBenchmark open(String split) {
        return (LabelBenchmark) Benchmarks.open(BenchmarkKind.AVSS, folder, split);
    }

    private String refusal() {
        return assertThrows(IllegalArgumentException.class, () -> open("test")).getMessage();
    }

    @Test
    void framesAndLabelMapsCountFromZeroAndBySubset() {
        List<LabelClip> clips = open("test").clips();
        assertEquals(
                List.of("long_1", "single_1", "multi_1"),
                clips.stream().map(LabelClip::id).toList());
        assertEquals(
                List.of(10, 5, 5), clips.stream().map(c -> c.frames().size()).toList());
        assertEquals(
                List.of(10, 5, 5),
                clips.stream().map(c -> c.targetFiles().size()).toList());
        assertEquals(
                folder.resolve("v2/long_1/frames/0.jpg"),
                clips.getFirst().frames().getFirst());
        assertEquals(folder.resolve("v2/long_1/audio.wav"), clips.getFirst().audio());
        assertEquals("v1s", clips.get(1).category());
        assertEquals(
                List.of(1, 5),
                open("train").clips().stream().map(c -> c.targetFiles().size()).toList());
    }

    @Test
    void labelMapsFollowThePalette() {
        LabelClip clip = open("test").clips().getFirst();
        for (int k = 0; k < 10; k++) {
            assertArrayEquals(new byte[] {(byte) (k + 1), 0}, clip.target(k).labels());
        }
        LabelMap large = clip.targets(4, 2).get(6);
        assertArrayEquals(new byte[] {7, 7, 0, 0, 7, 7, 0, 0}, large.labels());
    }

    @Test
    void paletteHasTheColoursOfPascalVoc() {
        assertEquals(0x000000, ClassTable.colour(0));
        assertEquals(0x800000, ClassTable.colour(1));
        assertEquals(0x008000, ClassTable.colour(2));
        assertEquals(0x808000, ClassTable.colour(3));
        assertEquals(0x808080, ClassTable.colour(7));
        assertEquals(0x400000, ClassTable.colour(8));
        Set<Integer> colours = new HashSet<>();
        for (int c = 0; c < 71; c++) {
            assertTrue(colours.add(ClassTable.colour(c)));
            assertEquals(c, ClassTable.AVSBENCH_SEMANTIC.classOf(ClassTable.colour(c)));
        }
    }

    @Test
    void unknownColoursAreBackground() {
        for (int colour : new int[] {0x7f0000, 0x800001, 0xffffff, 0x123456, ClassTable.colour(71)}) {
            assertEquals(0, ClassTable.AVSBENCH_SEMANTIC.classOf(colour), Integer.toHexString(colour));
        }
        assertEquals(0, ClassTable.DEMO_WORLD.classOf(ClassTable.colour(9)));
        tree.rgb("v1s/single_1/labels_rgb/2.png", 0xfefefe, ClassTable.colour(70), ClassTable.colour(71));
        LabelClip clip = open("test").clips().get(1);
        assertArrayEquals(new byte[] {0, 70, 0}, clip.target(2).labels());
    }

    @Test
    void classesAreThoseOfTheSpecification() {
        ClassTable table = ClassTable.AVSBENCH_SEMANTIC;
        assertEquals(71, table.size());
        assertEquals("woman", table.name(70));
        assertEquals("emergency-car", table.name(22));
        List<String> sorted = new ArrayList<>(table.names().subList(1, 71));
        sorted.sort(null);
        assertEquals(sorted, table.names().subList(1, 71));
    }

    @Test
    void anotherClassTableIsRefused() throws IOException {
        List<String> swapped = new ArrayList<>(ClassTable.AVSBENCH_SEMANTIC.names());
        swapped.set(16, "clipper");
        swapped.set(15, "clock");
        tree.labels(swapped);
        assertTrue(refusal().contains("another numbering"), refusal());
        tree.labels(ClassTable.AVSBENCH_SEMANTIC.names().subList(0, 70));
        assertTrue(refusal().contains("70 entries"), refusal());
        tree.text("label2idx.json", "[1, 2]");
        assertTrue(refusal().contains("object of class numbers"), refusal());
        tree.text("label2idx.json", "null");
        assertTrue(refusal().contains("0 entries"), refusal());
        tree.delete("label2idx.json");
        assertTrue(refusal().contains("label2idx.json"), refusal());
    }

    @Test
    void theDemoWorldsTableIsReadButNotComparable() throws IOException {
        assertFalse(open("test").source().demo());
        tree.labels(ClassTable.DEMO_WORLD.names());
        LabelBenchmark demo = open("test");
        assertEquals(9, demo.classes().size());
        assertTrue(demo.source().demo());
        assertFalse(demo.comparable());
        assertTrue(demo.caution().contains("demo world"));
    }

    @Test
    void unknownSubsetsAndMissingColumnsAreRefused() throws IOException {
        tree.text("metadata.csv", "uid,label,split\na,v3,test\n");
        assertTrue(refusal().contains("v1s, v1m or v2 in row 1"), refusal());
        tree.text("metadata.csv", "uid,split\na,test\n");
        assertTrue(refusal().contains("column label"), refusal());
        tree.delete("metadata.csv");
        assertTrue(refusal().contains("AVSBench-semantic"), refusal());
    }
}
