package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.training.SoundCut;
import dev.earshot.segmentation.training.TrainingClips;
import dev.earshot.segmentation.training.TrainingInputs;
import dev.earshot.segmentation.training.WorkProgress;
import dev.earshot.segmentation.video.VideoWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TrainingDataCommandsTest {
    @TempDir
    private Path folder;

    private final StringWriter output = new StringWriter();
    private final StringWriter errors = new StringWriter();

    private int run(Object... arguments) {
        CommandLine command = Main.commandLine().setOut(new PrintWriter(output)).setErr(new PrintWriter(errors));
        return command.execute(Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
    }

    /** A video with a grey level per second and a tone. */
    private void video(String name, int seconds) {
        try (VideoWriter video = VideoWriter.open(folder.resolve("videos").resolve(name), 64, 48, 25)) {
            float[] tone = new float[seconds * 16_000];
            for (int i = 0; i < tone.length; i++) {
                tone[i] = (float) (0.4 * Math.sin(i * 0.2));
            }
            video.sound(Waveform.mono(tone, 16_000));
            for (int i = 0; i < seconds * 25; i++) {
                byte[] grey = new byte[3 * 64 * 48];
                Arrays.fill(grey, (byte) (20 + 15 * (i / 25)));
                video.write(new RgbImage(64, 48, grey));
            }
            video.finish();
        }
    }

    @Test
    void rawArraysOfTheDemoWorldAreTrainingClips() throws IOException {
        Path arrays = folder.resolve("arrays");
        assertEquals(
                0,
                run(
                        "demo-world",
                        "--split",
                        "train",
                        "--clips",
                        12,
                        "--seed",
                        5,
                        "--layout",
                        "training",
                        "--size",
                        64,
                        "--out",
                        arrays));
        byte[] frames = Files.readAllBytes(arrays.resolve("frames.u8"));
        byte[] waves = Files.readAllBytes(arrays.resolve("wave.i16"));
        try (TrainingClips clips = TrainingClips.open(arrays, WorkProgress.NONE)) {
            assertEquals(12, clips.size());
            assertEquals("demo_train_5_000007_000000", clips.name(7).toString());
            int pixels = 3 * 64 * 64;
            assertArrayEquals(
                    Arrays.copyOfRange(frames, 7 * pixels, 8 * pixels),
                    clips.picture(7).rgb());
            float[] samples = clips.sound(7).channel(0);
            assertEquals(16_000, samples.length);
            for (int i = 0; i < samples.length; i++) {
                int at = 2 * (7 * 16_000 + i);
                assertEquals(((waves[at] & 0xff) | waves[at + 1] << 8) / 32768f, samples[i]);
            }
            assertEquals(
                    "[2, 1, 128, 204]",
                    TrainingInputs.of(clips).sounds(0, 11).shape().toString());
            assertEquals(1, SoundCut.SECOND.pictures());
        }
        Path picture = folder.resolve("knn.png");
        assertEquals(0, run("knn", "--data", arrays, "--k", 3, "--show", 7, "--out", picture), errors::toString);
        assertTrue(ImageFiles.read(picture).width() > 480);
        assertTrue(output.toString().contains("12 pictures, 3 neighbours each"), output::toString);
        assertEquals(ExitCodes.USAGE, run("knn", "--data", arrays, "--k", 3, "--show", 12, "--out", picture));
        assertEquals(ExitCodes.USAGE, run("knn", "--data", arrays, "--show", 7));
        assertTrue(errors.toString().contains("or 0 to 11, got 12"), errors::toString);
    }

    @Test
    void videosOfVggSoundBecomeATrainingFolder() throws IOException {
        video("-ab_cdefgh0.mp4", 13);
        video("0123456789a_000040.mp4", 4);
        Files.writeString(folder.resolve("videos/broken_0000.mp4"), "no video at all");
        Path csv = Files.writeString(folder.resolve("vggsound.csv"), """
                -ab_cdefgh0,2,"vehicle horn, car horn, honking",train
                0123456789a,40,tap dancing,train
                broken_0000,0,tap dancing,train
                leaked_0000,0,tap dancing,train
                testtest000,0,tap dancing,test
                """);
        Path evaluation = Files.writeString(folder.resolve("s4.csv"), """
                name,start,category,split
                leaked_0000_30000_35000,30,dog_barking,test
                unrelated00_1000_6000,1,dog_barking,test
                """);
        Path root = folder.resolve("root");
        Object[] command = {
            "prepare",
            "vggsound",
            "--csv",
            csv,
            "--videos",
            folder.resolve("videos"),
            "--out",
            root,
            "--exclude",
            evaluation
        };
        assertEquals(0, run(command), errors::toString);
        assertEquals(
                List.of("-ab_cdefgh0_000002", "0123456789a_000040"), Files.readAllLines(root.resolve("clips.txt")));
        assertTrue(
                errors.toString().contains("1 of 2 videos are among the training clips and are left out: leaked_0000"),
                errors::toString);
        assertTrue(errors.toString().contains("broken_0000_000000: "), errors::toString);
        assertTrue(output.toString().contains("2 clips made, 0 were there, 1 cannot be used"), output::toString);
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            int grey = clips.picture(0).pixel(32, 24) & 0xff;
            assertEquals(20 + 15 * 7, grey, 8, "second 2 + 5 of the video");
            assertEquals(20 + 15 * 2, clips.picture(1).pixel(32, 24) & 0xff, 8);
            assertEquals(10.0, clips.sound(0).seconds(), 0.05);
            assertEquals(4.0, clips.sound(1).seconds(), 0.1);
        }
        assertEquals(0, run(command), errors::toString);
        assertTrue(output.toString().contains("0 clips made, 2 were there, 1 cannot be used"), output::toString);
    }

    @Test
    void subsetAndTestListAreUnderstood() throws IOException {
        video("0123456789a_000040.mp4", 3);
        video("bbbbbbbbbbb_000000.mp4", 3);
        Path csv = Files.writeString(
                folder.resolve("test.csv"), "0123456789a_000040.mp4,\"a, b\"\nbbbbbbbbbbb_000000.mp4,c\n");
        Path subset = Files.writeString(folder.resolve("subset.txt"), "bbbbbbbbbbb_000000\nccccccccccc_000000\n");
        Path root = folder.resolve("root");
        assertEquals(
                0,
                run(
                        "prepare",
                        "vggsound",
                        "--csv",
                        csv,
                        "--videos",
                        folder.resolve("videos"),
                        "--out",
                        root,
                        "--subset",
                        subset,
                        "--jobs",
                        2,
                        "--quiet"),
                errors::toString);
        assertEquals(List.of("bbbbbbbbbbb_000000"), Files.readAllLines(root.resolve("clips.txt")));
        assertEquals("", errors.toString());
    }

    @Test
    void wrongUsageSaysWhatIsExpected() throws IOException {
        Path csv = Files.writeString(folder.resolve("v.csv"), "abc,1,horn,test\n");
        Path root = folder.resolve("root");
        assertEquals(ExitCodes.USAGE, run("prepare"));
        assertEquals(ExitCodes.USAGE, run("prepare", "vggsound", "--csv", csv, "--videos", folder, "--out", root));
        assertTrue(errors.toString().contains("expected at least one clip of split TRAIN"), errors::toString);
        Path none = folder.resolve("none");
        assertEquals(
                ExitCodes.USAGE,
                run("prepare", "vggsound", "--csv", csv, "--split", "all", "--videos", none, "--out", root));
        assertTrue(errors.toString().contains("expected a folder"), errors::toString);
    }
}
