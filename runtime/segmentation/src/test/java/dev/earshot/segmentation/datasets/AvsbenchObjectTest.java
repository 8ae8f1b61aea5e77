package dev.earshot.segmentation.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.MediaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AvsbenchObjectTest {
    @TempDir
    Path folder;

    private MiniTree s4;
    private MiniTree ms3;

    @BeforeEach
    void writeTrees() throws IOException {
        s4 = new MiniTree(folder.resolve("Single-source"))
                .text(
                        "s4_meta_data.csv",
                        "name,start,category,split\r\n"
                                + "-Zq_1_5,0,dog_barking,test\r\n"
                                + "trainee,3,dog_barking,train\r\n"
                                + "\r\n"
                                + "abc,1,\"horse_clip-clop\",test\r\n"
                                + "val1,1,helicopter,val\r\n")
                .s4Clip("test", "dog_barking", "-Zq_1_5")
                .s4Clip("train", "dog_barking", "trainee")
                .s4Clip("test", "horse_clip-clop", "abc")
                .s4Clip("val", "helicopter", "val1");
        ms3 = new MiniTree(folder.resolve("Multi-sources"))
                .text("ms3_meta_data.csv", "\ufeffvideo_id,split\nm2,test\nm1,test\nm3,train\n")
                .ms3Clip("test", "m2")
                .ms3Clip("test", "m1")
                .ms3Clip("train", "m3");
    }

    private MaskBenchmark openS4(String split) {
        return (MaskBenchmark) Benchmarks.open(BenchmarkKind.S4, folder, split);
    }

    private static String refusal(Runnable action) {
        return assertThrows(IllegalArgumentException.class, action::run).getMessage();
    }

    @Test
    void clipsOfASplitComeInTheOrderOfTheTable() {
        MaskBenchmark test = openS4("test");
        assertEquals(
                List.of("-Zq_1_5", "abc"),
                test.clips().stream().map(MaskClip::id).toList());
        assertEquals(
                List.of("dog_barking", "horse_clip-clop"),
                test.clips().stream().map(MaskClip::category).toList());
        assertEquals(5, test.clips().getFirst().frames().size());
        assertEquals(
                s4.root.resolve("s4_data/audio_wav/test/dog_barking/-Zq_1_5.wav"),
                test.clips().getFirst().audio());
        assertEquals(test.clips().get(1), openS4("test").clips().get(1));
    }

    @Test
    void theFolderMayBeTheDataSetsOwn() {
        assertEquals(
                openS4("val").clips(), ((MaskBenchmark) Benchmarks.open(BenchmarkKind.S4, s4.root, "val")).clips());
    }

    @Test
    void masksOfEveryFrameAreReadInOrder() {
        List<BinaryMask> masks = openS4("test").clips().getFirst().targets();
        assertEquals(5, masks.size());
        for (int k = 0; k < 5; k++) {
            assertEquals(1, masks.get(k).area());
            assertTrue(masks.get(k).get(k + 1, 0));
        }
    }

    @Test
    void trainingClipsHaveOneMaskOnly() {
        MaskClip clip = openS4("train").clips().getFirst();
        assertEquals(5, clip.frames().size());
        assertEquals(1, clip.targets().size());
    }

    @Test
    void multiSourceFramesHaveNoSplitAndMp4InTheirNames() {
        MaskBenchmark test = (MaskBenchmark) Benchmarks.open(BenchmarkKind.MS3, folder);
        assertEquals(
                List.of("m2", "m1"), test.clips().stream().map(MaskClip::id).toList());
        MaskClip clip = test.clips().getFirst();
        assertEquals(
                ms3.root.resolve("ms3_data/visual_frames/m2/m2.mp4_1.png"),
                clip.frames().getFirst());
        assertEquals(
                ms3.root.resolve("ms3_data/gt_masks/test/m2/m2_5.png"),
                clip.targetFiles().get(4));
        assertEquals("", clip.category());
        assertEquals(
                5,
                ((MaskBenchmark) Benchmarks.open(BenchmarkKind.MS3, folder, "train"))
                        .clips()
                        .getFirst()
                        .targets()
                        .size());
    }

    @Test
    void figuresOfPartsOrTheDemoWorldAreMarked() throws IOException {
        assertFalse(openS4("test").comparable());
        assertTrue(openS4("test").caution().contains("740"), openS4("test").caution());
        assertTrue(openS4("val").caution().contains("split val"));
        s4.text("demo_world.csv", "name\n");
        assertTrue(openS4("test").source().demo());
        assertTrue(openS4("test").caution().contains("demo world"));
    }

    @Test
    void missingFolderIsNamedWithBothPlaces() {
        String message = refusal(() -> Benchmarks.open(BenchmarkKind.S4, folder.resolve("nowhere")));
        assertTrue(message.contains(folder.resolve("nowhere/s4_meta_data.csv").toString()), message);
        assertTrue(
                message.contains(
                        folder.resolve("nowhere/Single-source/s4_meta_data.csv").toString()),
                message);
        assertTrue(message.contains("no folder"), message);
    }

    @Test
    void missingFilesAreCountedAndTheFirstIsNamed() throws IOException {
        String gone = "s4_data/gt_masks/test/horse_clip-clop/abc/abc_4.png";
        s4.delete(gone);
        String message = refusal(() -> openS4("test"));
        assertTrue(message.contains("2 clips") && message.contains("1 clips with missing files"), message);
        assertTrue(message.contains(s4.root.resolve(gone).toString()), message);

        Benchmark rest = Benchmarks.open(BenchmarkKind.S4, folder, "test", Missing.SKIP);
        assertEquals(List.of("abc"), rest.source().missing());
        assertEquals(1, rest.clips().size());
        s4.delete("s4_data/audio_wav/test/dog_barking/-Zq_1_5.wav");
        refusal(() -> Benchmarks.open(BenchmarkKind.S4, folder, "test", Missing.SKIP));
    }

    @Test
    void unknownSplitAndDamagedTablesAreRefused() throws IOException {
        assertTrue(refusal(() -> openS4("holdout")).contains("split holdout"));
        s4.text("s4_meta_data.csv", "name,start,category\nabc,1,x\n");
        assertTrue(refusal(() -> openS4("test")).contains("column split"));
        s4.text("s4_meta_data.csv", "");
        assertTrue(refusal(() -> openS4("test")).contains("empty file"));
        s4.text("s4_meta_data.csv", "name,split\nabc,test\n");
        assertTrue(refusal(() -> openS4("test")).contains("at least 3 fields"));
        s4.text("s4_meta_data.csv", "name,start,category,split\n../../etc,1,x,test\n");
        assertTrue(refusal(() -> openS4("test")).contains("plain name"));
    }

    @Test
    void masksOfEveryFormReadAsForegroundAndBackground() throws IOException {
        s4.grey("grey.png", 0, 255, 255, 0).bits("bits.png", 0, 1, 1, 0).rgb("rgb.png", 0, 0xffffff, 0xffffff, 0);
        s4.indexed("indexed.png", 0, 1, 3, 0);
        BinaryMask expected = BinaryMask.of(4, 1, new byte[] {0, 1, 1, 0});
        for (String name : List.of("grey.png", "bits.png", "rgb.png", "indexed.png")) {
            assertEquals(expected, MaskFiles.readTarget(s4.root.resolve(name)), name);
            assertEquals(expected, MaskFiles.readPrediction(s4.root.resolve(name)), name);
        }
    }

    @Test
    void masksWithOtherValuesAreRefused() {
        s4.grey("soft.png", 0, 127, 128, 255).rgb("red.png", 0, 0xff0000).grey("ones.png", 0, 1);
        for (String name : List.of("soft.png", "red.png", "ones.png")) {
            Path file = s4.root.resolve(name);
            String message = assertThrows(MediaException.class, () -> MaskFiles.readTarget(file))
                    .getMessage();
            assertTrue(message.contains("column 1 of row 0"), message);
        }
        // Of predictions only colours are refused.
        assertEquals(
                BinaryMask.of(4, 1, new byte[] {0, 0, 1, 1}), MaskFiles.readPrediction(s4.root.resolve("soft.png")));
        assertThrows(MediaException.class, () -> MaskFiles.readPrediction(s4.root.resolve("red.png")));
    }

    @Test
    void filesAreReadWhenAskedForAndNotBefore() throws IOException {
        MaskClip clip = openS4("test").clips().getFirst();
        Files.writeString(clip.targetFiles().get(2), "damaged after opening");
        assertEquals(1, clip.target(1).area());
        assertThrows(MediaException.class, () -> clip.target(2));
    }
}
