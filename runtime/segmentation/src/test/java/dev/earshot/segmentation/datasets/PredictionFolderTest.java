package dev.earshot.segmentation.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.metrics.LabelMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionFolderTest {
    @TempDir
    Path folder;

    private final MaskClip s4 = maskClip(BenchmarkKind.S4, "clip_7", "dog_barking");
    private final MaskClip ms3 = maskClip(BenchmarkKind.MS3, "m.1", "");

    private static MaskClip maskClip(BenchmarkKind kind, String id, String category) {
        return new MaskClip(kind, "test", id, category, paths(5), Path.of("x.wav"), paths(5));
    }

    private static LabelClip labelClip(int frames) {
        return new LabelClip(
                "uid_1", "v2", paths(frames), Path.of("x.wav"), paths(frames), ClassTable.AVSBENCH_SEMANTIC);
    }

    private static List<Path> paths(int count) {
        return Stream.generate(() -> Path.of("unused")).limit(count).toList();
    }

    /** A mask of one row whose k-th pixel is set. */
    private static BinaryMask dot(int k) {
        BinaryMask mask = new BinaryMask(6, 1);
        mask.set(k, 0);
        return mask;
    }

    private List<BinaryMask> read(MaskClip clip) {
        return new PredictionFolder(folder)
                .masks(clip, 6, 1).stream().map(FramePrediction.Mask::mask).toList();
    }

    private static List<BinaryMask> dots() {
        return Stream.iterate(0, k -> k + 1)
                .limit(5)
                .map(PredictionFolderTest::dot)
                .toList();
    }

    private void writeDots(String pattern, int first) throws IOException {
        MiniTree tree = new MiniTree(folder);
        for (int k = 0; k < 5; k++) {
            int[] row = new int[6];
            row[k] = 255;
            tree.grey(pattern.formatted(first + k), row);
        }
    }

    @Test
    void masksAreWrittenWhereTheTruthLiesAndReadBack() {
        PredictionWriter writer = new PredictionWriter(folder);
        for (MaskClip clip : List.of(s4, ms3)) {
            for (int k = 0; k < 5; k++) {
                writer.write(clip, k, dot(k));
            }
            assertEquals(dots(), read(clip));
        }
        assertTrue(Files.exists(folder.resolve("test/dog_barking/clip_7/clip_7_1.png")));
        assertTrue(Files.exists(folder.resolve("test/m.1/m.1_5.png")));
        assertEquals(dot(2), MaskFiles.readTarget(folder.resolve("test/dog_barking/clip_7/clip_7_3.png")));
    }

    @Test
    void labelMapsAreWrittenInColourAndReadBack() {
        LabelClip clip = labelClip(10);
        PredictionWriter writer = new PredictionWriter(folder);
        List<LabelMap> maps = new ArrayList<>();
        for (int k = 0; k < 10; k++) {
            maps.add(new LabelMap(3, 1, new byte[] {0, (byte) (k + 1), 70}));
            writer.write(clip, k, maps.get(k));
        }
        assertEquals(maps, new PredictionFolder(folder).labels(clip, 3, 1));
        assertEquals(
                ClassTable.colour(70),
                ImageFiles.read(folder.resolve("v2/uid_1/labels_rgb/9.png")).pixel(2, 0));
    }

    @Test
    void foldersOfAvsbenchsScriptsCountFromZero() throws IOException {
        writeDots("pred_masks/dog_barking/clip_7/clip_7_%d.png", 0);
        writeDots("m.1/m.1_%d.png", 0);
        assertEquals(dots(), read(s4));
        assertEquals(dots(), read(ms3));
    }

    @Test
    void namesMayLeaveOutTheClipOrCarryMp4() throws IOException {
        writeDots("test/dog_barking/clip_7/%d.png", 1);
        writeDots("test/m.1/m.1.mp4_%d.png", 1);
        new MiniTree(folder).grey("test/m.1/overlay.png", 0, 0);
        assertEquals(dots(), read(s4));
        assertEquals(dots(), read(ms3));
    }

    @Test
    void masksOfASegmentedVideoAreFound() throws IOException {
        writeDots("clip_7/masks/%05d.png", 0);
        assertEquals(dots(), read(s4));
    }

    @Test
    void otherSizesAreBroughtToTheTargets() throws IOException {
        writeDots("test/dog_barking/clip_7/clip_7_%d.png", 1);
        BinaryMask large = new PredictionFolder(folder).masks(s4, 12, 2).get(3).mask();
        assertEquals(4, large.area());
        assertTrue(large.get(6, 0) && large.get(7, 1));
    }

    @Test
    void tenLabelMapsOfAFiveSecondClipIncludeItsPadding() {
        PredictionWriter writer = new PredictionWriter(folder);
        for (int k = 0; k < 10; k++) {
            writer.write(labelClip(10), k, LabelMap.background(2, 2));
        }
        assertEquals(10, new PredictionFolder(folder).labels(labelClip(5), 2, 2).size());
    }

    @Test
    void gapsWrongNumbersAndNothingAtAllAreRefused() throws IOException {
        assertTrue(refusal(s4).contains("got none there"), refusal(s4));
        writeDots("test/dog_barking/clip_7/clip_7_%d.png", 1);
        Files.delete(folder.resolve("test/dog_barking/clip_7/clip_7_3.png"));
        assertTrue(refusal(s4).contains("[1, 2, 4, 5]"), refusal(s4));
        writeDots("test/m.1/m.1_%d.png", 2);
        assertTrue(refusal(ms3).contains("[2, 3, 4, 5, 6]"), refusal(ms3));
        new MiniTree(folder).grey("test/m.1/m.1_02.png", 0);
        assertTrue(refusal(ms3).contains("one file for each frame"), refusal(ms3));
        assertThrows(IllegalArgumentException.class, () -> new PredictionFolder(folder.resolve("nowhere")));
    }

    private String refusal(MaskClip clip) {
        return assertThrows(IllegalArgumentException.class, () -> read(clip)).getMessage();
    }
}
