package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoPooling;
import dev.earshot.models.vit.PositionResampling;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.training.MiniatureClips.Notes;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureCacheTest {
    private static final DinoConfig CONFIG =
            new DinoConfig(new VitConfig(224, 56, 64, 2, 1, 96, 1e-6f), PositionResampling.DINO_ORIGINAL);
    private static final String HASH = "a".repeat(64);

    @TempDir
    private Path root;

    private Backend backend;
    private Weights dino;

    @BeforeEach
    void open() {
        backend = Backends.open("cpu");
        dino = Dino.filler(CONFIG, DinoKeyForm.ORIGINAL);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private FeatureCache cache(TrainingClips clips, DinoPooling pooling) {
        return new FeatureCache(clips, dino, HASH, pooling);
    }

    private float[] features(FeatureCache cache, WorkProgress progress) {
        try (Weights file = cache.open(backend, progress)) {
            return file.read(FeatureCache.FEATURES).toFloats();
        }
    }

    @Test
    void featuresAreThoseOfTheModelAndAreComputedOnce() {
        MiniatureClips.folder(root, 19, 5); // more than one batch
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE);
                Dino model = Dino.load(backend, dino, DType.F32);
                ForwardSession<Tensor> session = model.session(DinoPooling.GAP)) {
            Notes notes = new Notes();
            float[] features = features(cache(clips, DinoPooling.GAP), notes);
            assertEquals(19 * 64, features.length);
            for (int i : new int[] {0, 7, 18}) {
                float[] image = ImagePreprocess.DINO.square(224).apply(clips.picture(i));
                float[] expected = backend.download(session.run(HostTensor.of(image, 1, 3, 224, 224)));
                for (int j = 0; j < 64; j++) {
                    assertEquals(expected[j], features[i * 64 + j], 1e-5);
                }
            }
            assertArrayEquals(features, features(cache(clips, DinoPooling.GAP), notes));
            assertEquals(List.of("DINO features"), notes.tasks);
            assertEquals(List.of(), notes.lines);
            assertFalse(Files.exists(root.resolve("cache/dino_w64p56.safetensors.part")));
            assertEquals(19 * 128, features(cache(clips, DinoPooling.GAP_WITH_CLS), notes).length);
            assertTrue(Files.exists(root.resolve("cache/dino_w64p56_gap_with_cls.safetensors")));
        }
    }

    @Test
    void cacheOfOtherClipsOrWeightsIsSaidAndMadeAgain() throws IOException {
        MiniatureClips.folder(root, 6, 3);
        Notes notes = new Notes();
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            features(cache(clips, DinoPooling.GAP), notes);
        }
        Files.writeString(root.resolve("clips.txt"), "video000003_000000\nvideo000001_000000\n");
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            assertEquals(2 * 64, features(cache(clips, DinoPooling.GAP), notes).length);
            assertEquals(1, notes.lines.size());
            assertTrue(notes.lines.getFirst().contains("made with clips.txt"), notes.lines::toString);
            new FeatureCache(clips, dino, "b".repeat(64), DinoPooling.GAP)
                    .open(backend, notes)
                    .close();
            assertTrue(notes.lines.getLast().contains("made with weights aaaaaaaaaaaa…"), notes.lines::toString);
            Files.write(root.resolve("cache/dino_w64p56.safetensors"), new byte[100]);
            features(cache(clips, DinoPooling.GAP), notes);
            assertEquals(3, notes.lines.size());
            assertTrue(notes.lines.getLast().contains("damaged"), notes.lines::toString);
        }
    }

    @Test
    void stoppedRunGoesOnBehindItsLastChunk() {
        Path file = root.resolve("x.part");
        try (PartialRows rows = new PartialRows(file, "key", 3)) {
            rows.append(new float[] {1, 2, 3, 4, 5, 6});
        }
        try (PartialRows rows = new PartialRows(file, "key", 3)) {
            assertThrows(IllegalStateException.class, () -> new PartialRows(file, "key", 3), "one run at a time");
            assertEquals(2, rows.rows());
            rows.append(new float[] {7, 8, 9});
            try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
                assertArrayEquals(
                        new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9},
                        rows.map(arena).toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED));
            }
        }
        try (PartialRows rows = new PartialRows(file, "other key", 3)) {
            assertEquals(0, rows.rows());
        }
    }

    /** A picture that cannot be read stops the run; what was computed before it is not computed again. */
    @Test
    void failureInTheMiddleKeepsTheChunksBefore() throws IOException {
        for (int i = 0; i < 80; i++) {
            MiniatureClips.frame(root, "video%06d_000000".formatted(i), i % 7, 0);
            MiniatureClips.sound(root, "video%06d_000000".formatted(i), 0, 4000, 1, 1);
        }
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            Path late = root.resolve("frames/video000070_000000.jpg");
            byte[] good = Files.readAllBytes(late);
            Files.write(late, new byte[] {1, 2, 3});
            FeatureCache cache = cache(clips, DinoPooling.GAP);
            assertThrows(RuntimeException.class, () -> cache.open(backend, WorkProgress.NONE));
            Path part = root.resolve("cache/dino_w64p56.safetensors.part");
            try (PartialRows rows = new PartialRows(part, cache.origin().toString(), 64)) {
                assertEquals(64, rows.rows());
            }
            // Pictures of the finished chunk are not looked at any more.
            Files.write(root.resolve("frames/video000003_000000.jpg"), new byte[] {1, 2, 3});
            Files.write(late, good);
            assertEquals(80 * 64, features(cache, WorkProgress.NONE).length);
        }
    }

    @Test
    void tableOfNearDuplicatesHoldsOnlyTheGroup() {
        MiniatureClips.folder(root, 16, 4);
        Notes notes = new Notes();
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            NeighbourCache cache = new NeighbourCache(cache(clips, DinoPooling.GAP), 3, false);
            NeighbourTable table = cache.open(backend, notes);
            for (int i = 0; i < 16; i++) {
                for (int r = 0; r < 3; r++) {
                    assertEquals(i % 4, table.neighbour(i, r) % 4, "image " + i);
                }
            }
            assertEquals(root.resolve("cache/knn_w64p56_k3.safetensors"), cache.file());
            assertEquals(table, cache.open(backend, notes));
            assertEquals(List.of("DINO features", "nearest neighbours"), notes.tasks);
            new NeighbourCache(cache.features(), 2, false).open(backend, notes);
            assertEquals(List.of("DINO features", "nearest neighbours", "nearest neighbours"), notes.tasks);
        }
    }

    @Test
    void clipsOfOneVideoAreKeptApartOnRequest() {
        for (int i = 0; i < 8; i++) {
            MiniatureClips.clip(root, "v%d_%06d".formatted(i / 2, i % 2 * 10), i / 2, i % 2);
        }
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            FeatureCache features = cache(clips, DinoPooling.GAP);
            NeighbourTable same = new NeighbourCache(features, 2, false).open(backend, WorkProgress.NONE);
            NeighbourTable other = new NeighbourCache(features, 2, true).open(backend, WorkProgress.NONE);
            for (int i = 0; i < 8; i++) {
                assertTrue(same.isSelfOrNeighbour(i, i ^ 1));
                assertFalse(other.isSelfOrNeighbour(i, i ^ 1));
            }
        }
    }
}
