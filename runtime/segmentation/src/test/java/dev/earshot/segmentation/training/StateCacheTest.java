package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.AdaptedImageBind.Heard;
import dev.earshot.models.adaav.BlockPair;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.segmentation.training.MiniatureClips.Notes;
import dev.earshot.segmentation.training.StateCacheOptions.Place;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateCacheTest {
    private static final AdaAvConfig ADAPTERS =
            new AdaAvConfig(List.of(new BlockPair(1, 0), new BlockPair(2, 2)), 8, 2);
    private static final String HASH = "c".repeat(64);
    private static final long PLENTY = 64 << 20;

    @TempDir
    private Path root;

    private Backend backend;
    private ImageBind model;
    private AdaAvAdapters adapters;
    private AdaptedImageBind adapted;
    private TrainingClips clips;
    private TrainingInputs inputs;
    private Workspace ws;

    @BeforeEach
    void open() {
        MiniatureClips.folder(root, 6, 6);
        backend = Backends.open("cpu");
        model = ImageBind.load(backend, ImageBind.filler(TinyModel.CONFIG), TinyModel.CONFIG, DType.F32);
        adapters = AdaAvAdapters.load(
                backend, AdaAvAdapters.initial(ADAPTERS, TinyModel.CONFIG, 1), ADAPTERS, TinyModel.CONFIG);
        adapted = new AdaptedImageBind(model, adapters);
        clips = TrainingClips.open(root, WorkProgress.NONE);
        inputs = new TrainingInputs(clips, ImagePreprocess.MOCA.square(TinyModel.SIDE), SoundCut.SECOND);
        ws = backend.workspace(1 << 20);
    }

    @AfterEach
    void close() {
        ws.close();
        clips.close();
        adapters.close();
        model.close();
        backend.close();
    }

    private AudioStateCache audio(StateCacheOptions options, WorkProgress progress) {
        return new AudioStateCache(adapted, inputs, options, HASH, progress);
    }

    private ImageStateCache images(StateCacheOptions options, String hash, WorkProgress progress) {
        return new ImageStateCache(model, 1, inputs, options, hash, progress);
    }

    private float[] loaded(ImageStateCache cache, int... indices) {
        Tensor into = cache.allocate(ws, indices.length);
        cache.load(indices, into);
        return backend.download(into);
    }

    @Test
    void audioStatesAreThoseOfTheTrunkWhateverIsKept() {
        int[] batch = {4, 1, 4};
        Heard expected = adapted.hear(backend, ws, backend.upload(ws, inputs.sounds(batch), DType.F32));
        // Passes for three clips, one of them twice, loaded two times, if none, one or all are kept.
        Map<Long, Integer> passes = Map.of(0L, 6, 300_000L, 3, PLENTY, 2);
        for (long bytes : passes.keySet()) {
            try (AudioStateCache cache = audio(new StateCacheOptions(Place.MEMORY, bytes), WorkProgress.NONE)) {
                Heard into = cache.allocate(ws, 3);
                for (int round = 0; round < 2; round++) {
                    cache.load(batch, into);
                    for (int j = 0; j < 2; j++) {
                        assertArrayEquals(
                                backend.download(expected.x().get(j)),
                                backend.download(into.x().get(j)),
                                1e-5f);
                        assertArrayEquals(
                                backend.download(expected.y().get(j)),
                                backend.download(into.y().get(j)),
                                1e-5f);
                    }
                    assertArrayEquals(
                            backend.download(expected.embedding()), backend.download(into.embedding()), 1e-4f);
                }
                assertEquals(passes.get(bytes).longValue(), cache.computed());
            }
        }
    }

    @Test
    void imageStatesLeadToTheSameStreamAsTheWholeTrunk() {
        Tensor whole =
                model.vision().encode(backend, ws, backend.upload(ws, inputs.images(2, 5), DType.F32), BlockHook.NONE);
        try (ImageStateCache cache = images(new StateCacheOptions(Place.MEMORY, PLENTY), HASH, WorkProgress.NONE)) {
            Tensor stream = cache.allocate(ws, 2);
            cache.load(new int[] {2, 5}, stream);
            model.vision().trunk().run(backend, ws, stream, 1, 3, BlockHook.NONE);
            assertArrayEquals(backend.download(whole), backend.download(stream), 1e-4f);
        }
    }

    /** What training relies on when it is resumed with an empty cache. */
    @Test
    void keptStatesAreBitEqualToFreshOnes() {
        try (ImageStateCache off = images(StateCacheOptions.OFF, HASH, WorkProgress.NONE);
                ImageStateCache memory = images(new StateCacheOptions(Place.MEMORY, PLENTY), HASH, WorkProgress.NONE);
                ImageStateCache disk = images(new StateCacheOptions(Place.DISK, PLENTY), HASH, WorkProgress.NONE)) {
            disk.fill(WorkProgress.NONE);
            memory.load(new int[] {3}, memory.allocate(ws, 1));
            float[] fresh = loaded(off, 3, 0, 3);
            assertArrayEquals(fresh, loaded(memory, 3, 0, 3));
            assertArrayEquals(fresh, loaded(disk, 3, 0, 3));
        }
    }

    @Test
    void fileIsFoundAgainAndBoundToItsOrigin() {
        StateCacheOptions disk = new StateCacheOptions(Place.DISK, PLENTY);
        Notes notes = new Notes();
        float[] first;
        try (ImageStateCache cache = images(disk, HASH, notes)) {
            first = loaded(cache, 0, 1, 2);
            assertEquals(3, cache.computed());
        }
        try (ImageStateCache cache = images(disk, HASH, notes)) {
            assertArrayEquals(first, loaded(cache, 0, 1, 2));
            assertEquals(0, cache.computed());
            assertEquals(3, cache.kept());
        }
        assertEquals(List.of(), notes.lines);
        try (ImageStateCache cache = images(disk, "d".repeat(64), notes)) {
            assertEquals(0, cache.kept());
            assertEquals(1, notes.lines.size());
            assertTrue(notes.lines.getFirst().contains("made from something else"), notes.lines::toString);
        }
    }

    @Test
    void aRecordThatWasCutOffIsComputedAgain() throws IOException {
        StateCacheOptions disk = new StateCacheOptions(Place.DISK, PLENTY);
        float[] first;
        try (ImageStateCache cache = images(disk, HASH, WorkProgress.NONE)) {
            first = loaded(cache, 5, 4);
        }
        Path file = root.resolve("cache/images.states");
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(4096 + 6 * 8 + 64 + 500); // inside the first record
            raw.write(new byte[64]);
        }
        try (ImageStateCache cache = images(disk, HASH, WorkProgress.NONE)) {
            assertArrayEquals(first, loaded(cache, 5, 4));
            assertEquals(1, cache.computed());
        }
        try (ImageStateCache cache = images(disk, HASH, WorkProgress.NONE)) {
            assertArrayEquals(first, loaded(cache, 5, 4));
            assertEquals(0, cache.computed());
        }
    }

    @Test
    void boundHoldsInMemoryAndOnDisk() throws IOException {
        long record = 4L * 17 * 80; // 4 x 4 patches and the class token, 80 wide
        try (ImageStateCache memory =
                images(new StateCacheOptions(Place.MEMORY, 2 * record + record / 2), HASH, WorkProgress.NONE)) {
            loaded(memory, 0, 1, 2, 3);
            assertEquals(2, memory.kept());
        }
        long bound = 4096 + 64 + 3 * record;
        try (ImageStateCache disk = images(new StateCacheOptions(Place.DISK, bound), HASH, WorkProgress.NONE)) {
            disk.fill(WorkProgress.NONE);
            assertEquals(3, disk.kept());
            assertTrue(Files.size(root.resolve("cache/images.states")) <= bound);
            assertArrayEquals(loaded(disk, 5), loaded(disk, 5));
        }
    }

    @Test
    void twoRunsDoNotShareAFile() {
        StateCacheOptions disk = new StateCacheOptions(Place.DISK, PLENTY);
        try (ImageStateCache first = images(disk, HASH, WorkProgress.NONE)) {
            String message = assertThrows(IllegalStateException.class, () -> images(disk, HASH, WorkProgress.NONE))
                    .getMessage();
            assertTrue(message.contains("another run"), message);
            assertEquals(0, first.kept());
        }
    }
}
