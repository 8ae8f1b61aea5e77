package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {
    @TempDir
    private Path folder;

    private static Checkpoint at(long step) {
        float[] weights = {step, 0.1f, Float.MIN_VALUE, -0f};
        return new Checkpoint(
                step,
                new TripletSampler.State(0x8000_0000_0000_0001L + step, -1, 2, 24),
                Map.of("lr", "1.0E-4", "seed", "-9223372036854775808"),
                Map.of("clips.txt", "ab12"),
                Map.of("loss", 0.1 + step / 3.0, "count", 7.0),
                new TreeMap<>(Map.of(
                        "adapter.a", HostTensor.of(weights, 2, 2),
                        "adam.m.a", HostTensor.of(new float[] {step + 1, 2, 3, 4}, 2, 2),
                        "adam.v.a", HostTensor.of(new float[] {1e-30f, 2, 3, 4}, 2, 2))));
    }

    private static void assertSame(Checkpoint expected, Checkpoint got) {
        assertEquals(expected.step(), got.step());
        assertEquals(expected.sampler(), got.sampler());
        assertEquals(expected.settings(), got.settings());
        assertEquals(expected.hashes(), got.hashes());
        assertEquals(expected.running(), got.running());
        assertEquals(expected.tensors().keySet(), got.tensors().keySet());
        expected.tensors().forEach((name, tensor) -> {
            HostTensor read = got.tensors().get(name);
            assertEquals(tensor.shape(), read.shape());
            assertArrayEquals(bits(tensor), bits(read), name);
        });
    }

    private static int[] bits(HostTensor tensor) {
        float[] values = tensor.toFloats();
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatWasSavedComesBackBitForBit() {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        checkpoints.save(at(1000));
        assertSame(at(1000), checkpoints.newest().orElseThrow());
        assertEquals(List.of(), checkpoints.notes());
    }

    @Test
    void anEmptyFolderHasNoCheckpoint() {
        assertTrue(new CheckpointFolder(folder, 3).newest().isEmpty());
    }

    @Test
    void theLastThreeStay() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        for (long step : new long[] {10, 20, 100, 110}) {
            checkpoints.save(at(step));
        }
        assertEquals(
                List.of(
                        "step_100.json",
                        "step_100.safetensors",
                        "step_110.json",
                        "step_110.safetensors",
                        "step_20.json",
                        "step_20.safetensors"),
                names());
        assertSame(at(110), checkpoints.newest().orElseThrow());
    }

    @Test
    void aDamagedPairIsPassedOverForTheOneBefore() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        checkpoints.save(at(10));
        checkpoints.save(at(20));
        Path tensors = folder.resolve("step_20.safetensors");
        byte[] content = Files.readAllBytes(tensors);
        content[content.length - 1] ^= 1;
        Files.write(tensors, content);
        assertSame(at(10), checkpoints.newest().orElseThrow());
        assertEquals(1, checkpoints.notes().size());
        assertTrue(checkpoints.notes().getFirst().contains("torn or damaged"), checkpoints.notes()::toString);
    }

    @Test
    void tensorsOfAnotherMomentAreNotTaken() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        checkpoints.save(at(10));
        checkpoints.save(at(20));
        Files.copy(
                folder.resolve("step_10.safetensors"),
                folder.resolve("step_20.safetensors"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertSame(at(10), checkpoints.newest().orElseThrow());
    }

    @Test
    void aMissingHalfIsNoCheckpoint() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        checkpoints.save(at(10));
        checkpoints.save(at(20));
        checkpoints.save(at(30));
        Files.delete(folder.resolve("step_20.safetensors"));
        Files.delete(folder.resolve("step_30.json"));
        assertSame(at(10), checkpoints.newest().orElseThrow());
    }

    @Test
    void aRenamedPairIsNotTakenForALaterStep() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        checkpoints.save(at(10));
        for (String kind : List.of(".json", ".safetensors")) {
            Files.copy(folder.resolve("step_10" + kind), folder.resolve("step_99" + kind));
        }
        assertSame(at(10), checkpoints.newest().orElseThrow());
    }

    /** Any cut and any changed byte of either file: the pair before it is used, or nothing had changed. */
    @Test
    void damageAnywhereNeverGivesAWrongCheckpoint() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        checkpoints.save(at(10));
        checkpoints.save(at(20));
        Random random = new Random(5);
        for (String kind : List.of("step_20.json", "step_20.safetensors")) {
            Path file = folder.resolve(kind);
            byte[] whole = Files.readAllBytes(file);
            for (int i = 0; i < 300; i++) {
                byte[] damaged = whole.clone();
                int at = random.nextInt(whole.length);
                if (i % 3 == 0) {
                    damaged = java.util.Arrays.copyOf(whole, at);
                } else {
                    damaged[at] ^= (byte) (1 << random.nextInt(8));
                }
                Files.write(file, damaged);
                Checkpoint found = checkpoints.newest().orElseThrow();
                assertSame(at(found.step()), found);
            }
            Files.write(file, whole);
        }
        assertSame(at(20), checkpoints.newest().orElseThrow());
    }

    @Test
    void leftoversOfAKilledProcessAreSweptAndNothingElse() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
        checkpoints.save(at(10));
        Files.writeString(folder.resolve(".1x2y3z.part.safetensors"), "half");
        Files.writeString(folder.resolve(".notes.txt"), "mine");
        checkpoints.sweep();
        assertFalse(names().contains(".1x2y3z.part.safetensors"));
        assertTrue(names().contains(".notes.txt"));
        assertSame(at(10), checkpoints.newest().orElseThrow());
    }
}
