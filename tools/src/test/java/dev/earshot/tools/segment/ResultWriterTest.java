package dev.earshot.tools.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.MaskSource;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.PngFiles;
import dev.earshot.tensor.BackendInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ResultWriterTest {
    private static final RunInfo RUN = new RunInfo(
            "moca",
            Map.of(),
            new BackendInfo("cpu", "none", List.of(), List.of()),
            new WeightHashes(),
            "no weights",
            Map.of(),
            1,
            false);

    @TempDir
    private Path folder;

    private Path out;
    private Clip clip;
    private final List<String> told = new ArrayList<>();
    private final ResultWriter.Listener listener = new ResultWriter.Listener() {
        @Override
        public void written(ClipResult result) {
            told.add(result.input() + " " + result.frames());
        }

        @Override
        public void failed(String input, RuntimeException failure) {
            told.add(input + " failed");
        }
    };

    @BeforeEach
    void makeClip() {
        out = folder.resolve("out");
        Path picture = folder.resolve("clip.png");
        PngFiles.write(picture, RgbImage.black(16, 9));
        Path sound = folder.resolve("clip.wav");
        WavFiles.write(sound, Waveform.mono(new float[16_000], 16_000), WavFiles.Encoding.PCM16);
        clip = Clip.ofImage(picture, sound);
    }

    private static SegmentedFrame frame(int index) {
        ClipFrame frame = new ClipFrame(index, index, RgbImage.black(16, 9), new float[16_000]);
        return new SegmentedFrame(
                frame, new FrameMask(index, index, new BinaryMask(16, 9), 0, List.of(), -10, false, StageTimes.NONE));
    }

    /** Masks that were walked through. */
    private static Masks walked() {
        return new Masks(new MaskSource() {
            @Override
            public boolean hasNext() {
                return false;
            }

            @Override
            public SegmentedFrame next() {
                throw new IllegalStateException("walked through");
            }

            @Override
            public List<String> notes() {
                return List.of();
            }

            @Override
            public StageTimes decoding() {
                return new StageTimes(Map.of("decode", 3_000_000L));
            }

            @Override
            public StageTimes computing() {
                return new StageTimes(Map.of("networks", 5_000_000L));
            }

            @Override
            public void close() {}
        });
    }

    private List<String> hidden() throws IOException {
        if (!Files.exists(out)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(out)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("."))
                    .toList();
        }
    }

    private static boolean threadsLeft() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("earshot-writer"));
    }

    @Test
    void clipsAreToldOfInTheirOrder() throws IOException {
        try (ResultWriter writer = new ResultWriter(listener)) {
            for (String name : List.of("one", "two", "three")) {
                ResultWriter.Job job = writer.job(name);
                if (name.equals("two")) {
                    job.fail(MediaException.of("two", "a film", "a book", "look elsewhere"));
                    continue;
                }
                job.begin(out, name, clip, RUN);
                for (int i = 0; i < 9; i++) {
                    assertTrue(job.add(frame(i)));
                }
                job.finish(walked());
            }
            writer.finish();
        }
        assertEquals(List.of("one 9", "two failed", "three 9"), told);
        assertTrue(Files.exists(out.resolve("three/masks/00008.png")));
        String json = Files.readString(out.resolve("one/result.json"));
        assertTrue(json.contains("\"stages\"") && json.contains("\"bottleneck\""), json);
        assertEquals(List.of(), hidden());
        assertFalse(threadsLeft());
    }

    @Test
    void aFailureWhileWritingIsToldOnceAndTheNextClipGoesOn() throws IOException {
        try (ResultWriter writer = new ResultWriter(listener)) {
            ResultWriter.Job broken = writer.job("broken");
            broken.begin(out, "broken", clip, RUN);
            broken.add(frame(0));
            writer.finish();
            Path masks = out.resolve(hidden().getFirst()).resolve("masks");
            Files.delete(masks.resolve("00000.png"));
            Files.delete(masks);
            Files.createFile(masks); // where a folder is needed
            int added = 0;
            while (broken.add(frame(1))) {
                added++;
                assertTrue(added < 1000, "the failure does not come back");
            }
            broken.finish(walked());
            ResultWriter.Job good = writer.job("good");
            good.begin(out, "good", clip, RUN);
            good.add(frame(0));
            good.finish(walked());
            writer.finish();
        }
        assertEquals(List.of("broken failed", "good 1"), told);
        assertEquals(List.of(), hidden());
    }

    @Test
    void whatIsNotCompleteVanishesOnClose() throws IOException {
        ResultWriter writer = new ResultWriter(listener);
        ResultWriter.Job job = writer.job("half");
        job.begin(out, "half", clip, RUN);
        job.add(frame(0));
        assertEquals(1, hidden().size());
        writer.close();
        assertEquals(List.of(), hidden());
        assertFalse(Files.exists(out.resolve("half")));
        assertFalse(threadsLeft());
        assertThrows(IllegalStateException.class, () -> job.add(frame(1)));
        assertEquals(List.of(), told);
    }
}
