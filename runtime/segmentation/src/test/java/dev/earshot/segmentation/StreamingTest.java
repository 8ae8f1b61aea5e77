package dev.earshot.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.segmentation.video.TestVideos;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoding ahead of the networks: the same masks, and neither threads nor processes left behind. */
@Timeout(300)
class StreamingTest {
    private static final int FRAMES = 12;

    @TempDir
    private static Path folder;

    private static Backend backend;
    private static Path video;

    @BeforeAll
    static void open() {
        backend = Backends.open("cpu");
        video = TestVideos.mp4(folder.resolve("video.mp4"), FRAMES, 64, 48);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(
                List.of(),
                Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .filter(name -> name.equals("earshot-decoder"))
                        .toList());
        assertEquals(
                List.of(),
                ProcessHandle.current()
                        .descendants()
                        .filter(ProcessHandle::isAlive)
                        .map(process -> process.info().command().orElse(""))
                        .filter(command -> command.contains("ffmpeg"))
                        .toList());
    }

    private static Segmenter moca(int batch) {
        return Segmenters.moca(backend, TinyModel.weights(), TinyModel.settings(batch));
    }

    private static List<ClipFrame> frames() {
        List<ClipFrame> frames = new ArrayList<>();
        try (ClipStream stream = Clip.open(video).stream()) {
            stream.forEachRemaining(frames::add);
        }
        return frames;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4})
    void theMasksAreThoseOfFramesAtHand(int batch) {
        try (Segmenter moca = moca(batch)) {
            List<SegmentedFrame> expected = moca.segment(frames());
            try (Masks masks = moca.segment(Clip.open(video))) {
                List<FrameMask> streamed = masks.toList();
                assertEquals(FRAMES, streamed.size());
                for (int i = 0; i < FRAMES; i++) {
                    FrameMask one = expected.get(i).result();
                    assertEquals(i, streamed.get(i).index());
                    assertEquals(one.mask(), streamed.get(i).mask());
                    assertEquals(one.regions(), streamed.get(i).regions());
                    assertEquals(one.loudnessDbfs(), streamed.get(i).loudnessDbfs());
                }
                assertTrue(masks.decoding().nanos().keySet().containsAll(List.of("decode", "preprocess")));
                assertTrue(masks.computing().nanos().keySet().containsAll(List.of("networks", "cluster")));
            }
        }
    }

    /** Counts the pictures that are still reachable while a long clip goes through. */
    @Test
    void framesOfALongClipDoNotPileUp() {
        int frames = 400;
        Path film = TestVideos.mp4(folder.resolve("long.mp4"), frames, 32, 32);
        List<WeakReference<ClipFrame>> seen = new ArrayList<>();
        AtomicInteger written = new AtomicInteger();
        try (Segmenter moca = moca(1);
                Masks masks = moca.segment(Clip.open(film));
                WriteBehind writer = new WriteBehind(4)) {
            Iterator<SegmentedFrame> each = masks.withFrames();
            while (each.hasNext()) {
                SegmentedFrame frame = each.next();
                seen.add(new WeakReference<>(frame.frame()));
                writer.submit(() -> written.addAndGet(frame.frame().image().width() / 32));
                if (seen.size() % 100 == 0) {
                    System.gc();
                    long alive = seen.stream()
                            .filter(reference -> reference.get() != null)
                            .count();
                    // those that wait for the writer, the one being written, this one and the last
                    assertTrue(alive <= 8, alive + " of " + seen.size());
                }
            }
            writer.finish();
        }
        assertEquals(frames, seen.size());
        assertEquals(frames, written.get());
    }

    @Test
    void severalClipsMayBeOpenAndWalkedThroughInTurns() {
        try (Segmenter moca = moca(1);
                Masks first = moca.segment(Clip.open(video));
                Masks second = moca.segment(Clip.open(video))) {
            Iterator<FrameMask> ones = first.iterator();
            Iterator<FrameMask> twos = second.iterator();
            for (int i = 0; i < FRAMES; i++) {
                FrameMask one = ones.next();
                assertEquals(i, one.index());
                assertEquals(one.mask(), twos.next().mask());
            }
            assertFalse(ones.hasNext());
            assertFalse(twos.hasNext());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void closingInTheMiddleStopsEverything(int taken) {
        try (Segmenter moca = moca(1)) {
            Masks masks = moca.segment(Clip.open(video));
            Iterator<FrameMask> each = masks.iterator();
            for (int i = 0; i < taken; i++) {
                each.next();
            }
            masks.close();
            masks.close();
            nothingIsLeft();
            assertFalse(each.hasNext());
            assertEquals(List.of(), masks.notes());
        }
    }

    @Test
    void closingTheSegmenterStopsClipsThatWereForgotten() {
        Segmenter moca = moca(1);
        Iterator<FrameMask> each = moca.segment(Clip.open(video)).iterator();
        each.next();
        moca.close();
        nothingIsLeft();
        assertThrows(IllegalStateException.class, each::hasNext);
        assertThrows(IllegalStateException.class, () -> moca.segment(Clip.open(video)));
    }

    @Test
    void aWalkThatIsInterruptedEndsAndLeavesNothing() {
        try (Segmenter moca = moca(1);
                Masks masks = moca.segment(Clip.open(video))) {
            Iterator<FrameMask> each = masks.iterator();
            each.next();
            Thread.currentThread().interrupt();
            try {
                while (each.hasNext()) {
                    each.next(); // frames that lie ready may still come
                }
            } catch (IllegalStateException e) {
                assertTrue(e.getMessage().contains("interrupted"), e.getMessage());
            }
            assertTrue(Thread.interrupted());
        }
    }
}
