package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingFolderTest {
    @TempDir
    private Path root;

    private static List<String> names(TrainingClips clips) {
        return IntStream.range(0, clips.size())
                .mapToObj(i -> clips.name(i).toString())
                .toList();
    }

    @Test
    void listIsMadeSortedByUnsignedBytes() throws IOException {
        List<String> unsorted = new java.util.ArrayList<>(MiniatureClips.NAMES.reversed());
        unsorted.add("\u00e9tude_000001"); // two bytes above 127 in UTF-8
        for (String name : unsorted) {
            MiniatureClips.clip(root, name, 1, 0);
        }
        List<String> expected = unsorted.stream()
                .sorted((a, b) -> Arrays.compareUnsigned(a.getBytes(), b.getBytes()))
                .toList();
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            assertEquals(expected, names(clips));
            assertEquals("\u00e9tude_000001", names(clips).getLast());
            assertEquals(List.of(), clips.notes());
            assertEquals(Sha256.of(root.resolve("clips.txt")), clips.sha256());
        }
        assertEquals(expected, Files.readAllLines(root.resolve("clips.txt")));
    }

    @Test
    void idsAreSplitAtTheLastUnderscore() {
        assertEquals(new ClipName("-abc_def-gh", 30), ClipName.parse("-abc_def-gh_000030"));
        assertEquals(new ClipName("Zz__000007_ab", 120), ClipName.parse("Zz__000007_ab_000120"));
        assertEquals(new ClipName("aaaaaaaaaa_", 42), ClipName.parse("aaaaaaaaaa__000042"));
        for (String bad :
                List.of("abc", "abc_12", "_000012", "abc_0000012", "abc_00001x", "../x_000001", "", ".a_000001")) {
            assertThrows(IllegalArgumentException.class, () -> ClipName.parse(bad), bad);
        }
    }

    @Test
    void brokenAndIncompleteClipsAreDroppedAndListed() throws IOException {
        MiniatureClips.clip(root, "good_000001", 1, 0);
        MiniatureClips.clip(root, "brokenframe_000001", 1, 0);
        MiniatureClips.clip(root, "brokensound_000001", 1, 0);
        MiniatureClips.clip(root, "odd-name", 1, 0);
        MiniatureClips.frame(root, "nosound_000001", 1, 0);
        MiniatureClips.sound(root, "noframe_000001", 1, 16_000, 1, 1);
        Path jpeg = root.resolve("frames/brokenframe_000001.jpg");
        byte[] bytes = Files.readAllBytes(jpeg);
        Files.write(jpeg, Arrays.copyOf(bytes, bytes.length / 2));
        Files.write(root.resolve("audio/brokensound_000001.wav"), "RIFF".getBytes());
        Files.write(root.resolve("frames/.123.part.jpg"), bytes); // another program's temporary file
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            assertEquals(List.of("good_000001"), names(clips));
            assertEquals(1, clips.notes().size());
            assertTrue(clips.notes().getFirst().startsWith("5 of 6 clips dropped"), clips.notes()::toString);
        }
        List<String> dropped = Files.readAllLines(root.resolve("clips.dropped.txt"));
        assertEquals(
                List.of("brokenframe_000001", "brokensound_000001", "noframe_000001", "nosound_000001", "odd-name"),
                dropped.stream().map(line -> line.split("\t")[0]).toList());
        assertEquals("noframe_000001\tno frame", dropped.get(2));
        assertTrue(dropped.get(1).contains("WAV"), dropped.get(1));
    }

    @Test
    void anExistingListGivesTheOrderAndIsNotTouched() throws IOException {
        MiniatureClips.folder(root, 4, 2);
        String list = "video000002_000000\r\n\r\nvideo000000_000000\r\n";
        Files.writeString(root.resolve("clips.txt"), list);
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            assertEquals(List.of("video000002_000000", "video000000_000000"), names(clips));
        }
        assertEquals(list, Files.readString(root.resolve("clips.txt")));
        Files.writeString(root.resolve("clips.txt"), "video000002_000000\nvideo000009_000000\n");
        String message = assertThrows(MediaException.class, () -> TrainingClips.open(root, WorkProgress.NONE))
                .getMessage();
        assertTrue(message.contains("video000009_000000") && message.contains("delete the list"), message);
        Files.writeString(root.resolve("clips.txt"), "video000002_000000\nvideo000002_000000\n");
        assertThrows(IllegalArgumentException.class, () -> TrainingClips.open(root, WorkProgress.NONE));
    }

    @Test
    void excludedVideosLeaveTheNumberingAndGetCachesOfTheirOwn() {
        MiniatureClips.folder(root, 5, 2);
        try (TrainingClips all = TrainingClips.open(root, WorkProgress.NONE);
                TrainingClips part = TrainingClips.open(root, Set.of("video000001", "other"), WorkProgress.NONE)) {
            assertEquals(4, part.size());
            assertEquals("video000002_000000", part.name(1).toString());
            assertNotEquals(all.sha256(), part.sha256());
            assertNotEquals(all.cacheFolder(), part.cacheFolder());
            assertTrue(part.notes().getFirst().startsWith("1 of 5 clips left out"));
        }
        Set<String> everything = Set.of("video000000", "video000001", "video000002", "video000003", "video000004");
        assertThrows(MediaException.class, () -> TrainingClips.open(root, everything, WorkProgress.NONE));
    }

    @Test
    void stereoAtAnotherRateBecomesMonoAt16kHz() {
        MiniatureClips.frame(root, "a_000001", 1, 0);
        MiniatureClips.sound(root, "a_000001", 1, 44_100, 2, 2);
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            Waveform wave = clips.sound(0);
            assertEquals(1, wave.channels());
            assertEquals(16_000, wave.sampleRateHz());
            assertEquals(2.0, wave.seconds(), 0.01);
        }
    }

    @Test
    void inputsHaveTheNetworksShapesAndOrder() {
        MiniatureClips.folder(root, 3, 3);
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            TrainingInputs inputs = TrainingInputs.of(clips);
            HostTensor images = inputs.images(2, 0);
            assertEquals("[2, 3, 224, 224]", images.shape().toString());
            float[] first = Arrays.copyOf(images.toFloats(), 3 * 224 * 224);
            assertEquals(Arrays.hashCode(inputs.preprocess().apply(clips.picture(2))), Arrays.hashCode(first));
            assertEquals("[2, 1, 128, 204]", inputs.sounds(1, 2).shape().toString());
            TrainingInputs three = new TrainingInputs(clips, inputs.preprocess(), SoundCut.CLIPS);
            assertEquals("[1, 3, 1, 128, 204]", three.sounds(1).shape().toString());
            // A steady tone: the second in the middle is like the others, and shorter than two seconds.
            TrainingInputs two = new TrainingInputs(clips, inputs.preprocess(), SoundCut.CLIP);
            assertNotEquals(
                    Arrays.hashCode(inputs.sounds(1).toFloats()),
                    Arrays.hashCode(two.sounds(1).toFloats()));
        }
    }

    @Test
    void foldersOfNeitherLayoutAreRefusedWithAdvice() {
        String message = assertThrows(MediaException.class, () -> TrainingClips.open(root, WorkProgress.NONE))
                .getMessage();
        assertTrue(message.contains("prepare vggsound"), message);
    }

    @Test
    void idsOfEvaluationListsInAllTheirForms() throws IOException {
        Path list = root.resolve("list.csv");
        Files.writeString(list, """
                video,audio,label\r
                -abc_def-gh_000030,x,non-sounding\r
                "0123456789a_000000",x,y\r
                Zz__0007_ab_30000_35000
                barebarebar
                aaaaaaaaaa__000042.mp4,"dog, barking"
                some/folder/bbbbbbbbbbb_000001.wav
                """);
        Set<String> expected =
                Set.of("-abc_def-gh", "0123456789a", "Zz__0007_ab", "barebarebar", "aaaaaaaaaa_", "bbbbbbbbbbb");
        assertEquals(expected, ClipList.idsIn(list));
        List<ClipName> clips =
                List.of(new ClipName("barebarebar", 1), new ClipName("barebarebar", 2), new ClipName("x", 1));
        assertEquals(List.of("barebarebar"), ClipList.overlap(clips, expected));
    }
}
