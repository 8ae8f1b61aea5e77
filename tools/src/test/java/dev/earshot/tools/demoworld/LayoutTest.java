package dev.earshot.tools.demoworld;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutTest {
    @TempDir
    Path out;

    private DemoWorld world(Split split, List<Path> videos) {
        return new DemoWorld(split, 5, 64, (clip, file) -> {
            synchronized (videos) {
                videos.add(file);
            }
        });
    }

    @Test
    void singleSourceFilesLieWhereAvsBenchHasThem() throws IOException {
        List<Path> videos = new ArrayList<>();
        world(Split.TEST, videos).write(DemoWorld.Layout.S4, 2, out, _ -> {});
        world(Split.TRAIN, videos).write(DemoWorld.Layout.S4, 1, out, _ -> {});
        Path root = out.resolve("Single-source");
        List<String> table = Files.readAllLines(root.resolve("s4_meta_data.csv"));
        assertEquals("name,start,category,split", table.getFirst());
        assertEquals(4, table.size());
        for (String row : table.subList(1, 4)) {
            String[] cell = row.split(",");
            for (int k = 1; k <= 5; k++) {
                String inner = cell[3] + "/" + cell[2] + "/" + cell[0] + "/" + cell[0] + "_" + k + ".png";
                assertTrue(Files.exists(root.resolve("s4_data/visual_frames/" + inner)), inner);
                boolean mask = k == 1 || cell[3].equals("test");
                assertEquals(mask, Files.exists(root.resolve("s4_data/gt_masks/" + inner)), inner);
            }
            String wav = "s4_data/audio_wav/" + cell[3] + "/" + cell[2] + "/" + cell[0] + ".wav";
            assertEquals(44 + 2 * 5 * 16_000, Files.size(root.resolve(wav)));
            String mp4 = "s4_data/raw_videos/" + cell[3] + "/" + cell[2] + "/" + cell[0] + ".mp4";
            assertTrue(videos.contains(root.resolve(mp4)), mp4);
        }
    }

    @Test
    void multiSourceFilesLieWhereAvsBenchHasThem() throws IOException {
        world(Split.VAL, new ArrayList<>()).write(DemoWorld.Layout.MS3, 1, out, _ -> {});
        Path root = out.resolve("Multi-sources");
        assertEquals(
                List.of("name,split", "demo_val_5_000000,val"), Files.readAllLines(root.resolve("ms3_meta_data.csv")));
        assertTrue(Files.exists(root.resolve("ms3_data/visual_frames/demo_val_5_000000/demo_val_5_000000.mp4_1.png")));
        assertTrue(Files.exists(root.resolve("ms3_data/gt_masks/val/demo_val_5_000000/demo_val_5_000000_5.png")));
        assertTrue(Files.exists(root.resolve("ms3_data/audio_wav/val/demo_val_5_000000.wav")));
    }

    @Test
    void masksHoldTheVisiblePartOfWhatIsHeard() throws IOException {
        DemoWorld world = world(Split.VAL, new ArrayList<>());
        world.write(DemoWorld.Layout.MS3, 1, out, _ -> {});
        DemoClip clip = world.clip(DemoWorld.Layout.MS3, 0);
        for (int s = 0; s < 5; s++) {
            BufferedImage mask = ImageIO.read(out.resolve("Multi-sources/ms3_data/gt_masks/val/" + clip.name() + "/"
                            + clip.name() + "_" + (s + 1) + ".png")
                    .toFile());
            byte[] labels = clip.frameOfSecond(s).labels();
            int marked = 0;
            for (int i = 0; i < labels.length; i++) {
                int grey = mask.getRaster().getSample(i % 64, i / 64, 0);
                boolean heard = labels[i] > 0
                        && clip.scene().objects().get(labels[i] - 1).soundsIn(s);
                assertEquals(heard ? 255 : 0, grey);
                marked += grey / 255;
            }
            assertEquals(clip.scene().sounds(s), marked > 0);
        }
    }

    @Test
    void semanticClipsTakeTurnsAndUseThePalette() throws IOException {
        world(Split.TEST, new ArrayList<>()).write(DemoWorld.Layout.AVSS, 3, out, _ -> {});
        Path root = out.resolve("AVSBench-semantic");
        List<String> table = Files.readAllLines(root.resolve("metadata.csv"));
        for (int i = 0; i < 3; i++) {
            String[] cell = table.get(i + 1).split(",");
            assertEquals(List.of("v1s", "v1m", "v2").get(i), cell[1]);
            Path folder = root.resolve(cell[1]).resolve(cell[0]);
            int seconds = i == 2 ? 10 : 5;
            assertTrue(Files.exists(folder.resolve("frames/" + (seconds - 1) + ".jpg")));
            assertFalse(Files.exists(folder.resolve("frames/" + seconds + ".jpg")));
            assertEquals(colours(folder.resolve("labels_rgb")).size() > 1, true);
        }
        assertTrue(Files.readString(root.resolve("label2idx.json")).startsWith("{\"background\": 0, \"star\": 1,"));
    }

    private static TreeSet<Integer> colours(Path folder) throws IOException {
        TreeSet<Integer> palette = new TreeSet<>();
        for (int c = 0; c <= ObjectClass.values().length; c++) {
            palette.add(SemanticLayout.paletteColour(c));
        }
        TreeSet<Integer> seen = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                BufferedImage image = ImageIO.read(file.toFile());
                for (int i = 0; i < 64 * 64; i++) {
                    seen.add(image.getRGB(i % 64, i / 64) & 0xFFFFFF);
                }
            }
        }
        assertTrue(palette.containsAll(seen), seen::toString);
        return seen;
    }

    @Test
    void paletteIsTheOneOfAvsBench() {
        assertEquals(0, SemanticLayout.paletteColour(0));
        assertEquals(0x800000, SemanticLayout.paletteColour(1));
        assertEquals(0x008000, SemanticLayout.paletteColour(2));
        assertEquals(0x808000, SemanticLayout.paletteColour(3));
        assertEquals(0x808080, SemanticLayout.paletteColour(7));
        assertEquals(0x400000, SemanticLayout.paletteColour(8));
    }

    @Test
    void trainingArraysHoldTheLayoutsClipsAndNoTruthForTraining() throws IOException {
        DemoWorld val = world(Split.VAL, new ArrayList<>());
        val.writeTrainingArrays("ms3", false, 3, out.resolve("val"), _ -> {});
        byte[] frames = Files.readAllBytes(out.resolve("val/frames.u8"));
        byte[] third = java.util.Arrays.copyOfRange(frames, 2 * 64 * 64 * 3, frames.length);
        assertEquals(
                0,
                java.util.Arrays.compare(
                        val.clip(DemoWorld.Layout.MS3, 2).frameOfSecond(2).rgb(), third));
        assertEquals(3, Files.size(out.resolve("val/sounding.u8")));
        world(Split.TRAIN, new ArrayList<>()).writeTrainingArrays("mix", false, 2, out.resolve("train"), _ -> {});
        assertFalse(Files.exists(out.resolve("train/labels.u8")));
        assertEquals(2 * 32_000, Files.size(out.resolve("train/wave.i16")));
        assertThrows(
                IllegalArgumentException.class,
                () -> val.writeTrainingArrays("s5", false, 1, out.resolve("x"), _ -> {}));
    }

    @Test
    void trainingArraysHoldTheObjectsMasksOnRequest() throws IOException {
        DemoWorld train = world(Split.TRAIN, new ArrayList<>());
        train.writeTrainingArrays("s4", true, 2, out.resolve("masks"), _ -> {});
        train.writeTrainingArrays("s4", false, 2, out.resolve("plain"), _ -> {});
        assertEquals(
                -1L,
                Files.mismatch(out.resolve("masks/frames.u8"), out.resolve("plain/frames.u8")),
                "the same pictures with and without masks");
        byte[] labels = Files.readAllBytes(out.resolve("masks/labels.u8"));
        assertEquals(2 * 64 * 64, labels.length);
        DemoClip clip = train.clip(DemoWorld.Layout.S4, 1);
        byte[] numbers = clip.frameOfSecond(1).labels();
        for (int i = 0; i < numbers.length; i++) {
            int family = numbers[i] == 0
                    ? 0
                    : 1 + clip.scene().objects().get(numbers[i] - 1).kind().ordinal();
            assertEquals(family, labels[64 * 64 + i], "pixel " + i);
        }
        assertFalse(Files.exists(out.resolve("plain/labels.u8")));
    }

    @Test
    void anotherTableIsNotOverwritten() throws IOException {
        Path table = out.resolve("t.csv");
        Files.writeString(table, "other,columns\n");
        assertThrows(IllegalArgumentException.class, () -> ClipTable.merge(table, "name,split", List.of("a,val")));
    }
}
