package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
    private static final BooleanSupplier NEVER = () -> false;

    @TempDir
    private Path folder;

    private Path data;
    private Backend backend;

    @BeforeEach
    void open() {
        data = TinyTraining.write(folder.resolve("data"));
        backend = Backends.open("cpu");
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private static TrainingRun.Options books(Path run, boolean resume) {
        return new TrainingRun.Options(run, resume, 4, 3, 3);
    }

    /** Becomes true after so many steps. */
    private static BooleanSupplier after(int steps) {
        AtomicInteger asked = new AtomicInteger();
        return () -> asked.getAndIncrement() >= steps;
    }

    private boolean train(String run, boolean resume, MocaRecipe recipe, BooleanSupplier stop) {
        return train(run, resume, recipe, TinyTraining.CACHED, stop);
    }

    private boolean train(
            String run, boolean resume, MocaRecipe recipe, MocaTraining.Thrift thrift, BooleanSupplier stop) {
        try (TinyTraining tiny = new TinyTraining(backend, data, recipe, thrift);
                TrainingRun books = new TrainingRun(
                        tiny.trainer,
                        books(folder.resolve(run), resume),
                        tiny.training.hashes(),
                        TrainingListener.NONE)) {
            return books.train(stop);
        }
    }

    private Checkpoint newest(String run) {
        return new CheckpointFolder(folder.resolve(run).resolve(TrainingRun.CHECKPOINTS), 3)
                .newest()
                .orElseThrow();
    }

    static void assertSame(Checkpoint expected, Checkpoint got) {
        assertEquals(expected.step(), got.step());
        assertEquals(expected.sampler(), got.sampler());
        assertEquals(expected.settings(), got.settings());
        assertEquals(expected.running(), got.running());
        assertEquals(expected.tensors().keySet(), got.tensors().keySet());
        expected.tensors()
                .forEach((name, tensor) -> assertArrayEquals(
                        tensor.toFloats(), got.tensors().get(name).toFloats(), 0, name));
    }

    /** Lines of the log without the rate, which the clock decides. */
    private List<List<Number>> log(String run) {
        return TrainingLog.read(folder.resolve(run)).stream()
                .map(entry -> entry.values().subList(0, entry.values().size() - 1))
                .toList();
    }

    @Test
    void twentyStepsEqualTenAndTenAfterAResumeBitForBit() throws IOException {
        MocaRecipe recipe = TinyTraining.recipe(20, 1e-3);
        assertTrue(train("whole", false, recipe, NEVER));
        assertFalse(train("parts", false, recipe, after(10)));
        assertEquals(10, newest("parts").step());
        assertTrue(train("parts", true, recipe, NEVER));
        assertSame(newest("whole"), newest("parts"));
        assertEquals(log("whole"), log("parts"));
        assertEquals(
                List.of(3L, 6L, 9L, 12L, 15L, 18L, 20L),
                log("parts").stream().map(List::getFirst).toList());
        assertArrayEquals(
                Files.readAllBytes(folder.resolve("whole").resolve(TrainingRun.ADAPTERS)),
                Files.readAllBytes(folder.resolve("parts").resolve(TrainingRun.ADAPTERS)));
    }

    @Test
    void cachesAndRecomputationChangeNoBit() {
        MocaRecipe recipe = TinyTraining.recipe(6, 1e-3);
        train("cached", false, recipe, NEVER);
        train("off", false, recipe, new MocaTraining.Thrift(StateCacheOptions.OFF, StateCacheOptions.OFF, true), NEVER);
        assertSame(newest("cached"), newest("off"));
    }

    @Test
    void withTheOptionsBesideTheRecipeAResumeIsExact() {
        MocaRecipe recipe = TinyTraining.recipe(6, 1e-2, new RecipeExtras(0.5, 0.1, false));
        train("whole", false, recipe, NEVER);
        train("parts", false, recipe, after(3));
        train("parts", true, recipe, NEVER);
        assertSame(newest("whole"), newest("parts"));
        assertEquals(log("whole"), log("parts"));
        LogEntry last = TrainingLog.read(folder.resolve("whole")).getLast();
        // Silent gates make both costs of the second hinge equal, so it starts at the margin and moves with the sound.
        assertEquals(0.3, last.swappedLoss(), 0.05);
        assertTrue(last.swappedLoss() != 0.3);
    }

    @Test
    void aJointCentreNeedsVectors() {
        MocaRecipe recipe = TinyTraining.recipe(6, 1e-2, new RecipeExtras(0, 0.1, true));
        var refused = assertThrows(IllegalArgumentException.class, () -> train("run", false, recipe, NEVER));
        assertTrue(refused.getMessage().contains("joint_centre.safetensors"), refused.getMessage());
    }

    @Test
    void theResultIsAnAdapterFile() {
        train("run", false, TinyTraining.recipe(4, 1e-2), NEVER);
        try (Weights file = Safetensors.open(folder.resolve("run").resolve(TrainingRun.ADAPTERS));
                AdaAvAdapters adapters = AdaAvAdapters.load(backend, file, TinyModel.CONFIG)) {
            assertEquals("4 of 4", file.metadata().get("earshot.trained_steps"));
            Checkpoint checkpoint = newest("run");
            adapters.parameters()
                    .forEach((name, tensor) -> assertArrayEquals(
                            checkpoint.tensors().get(Checkpoint.ADAPTER + name).toFloats(),
                            backend.download(tensor),
                            name));
            assertTrue(Math.abs(backend.download(adapters.parameters().get("adaav.0.attn.gate"))[0]) > 1e-3);
        }
    }

    @Test
    void aFinishedRunIsLeftAsItIsButForAMissingResult() throws IOException {
        MocaRecipe recipe = TinyTraining.recipe(4, 1e-3);
        train("run", false, recipe, NEVER);
        Path result = folder.resolve("run").resolve(TrainingRun.ADAPTERS);
        byte[] before = Files.readAllBytes(result);
        Files.delete(result);
        assertTrue(train("run", true, recipe, NEVER));
        assertArrayEquals(before, Files.readAllBytes(result));
    }

    @Test
    void resumingWithoutACheckpointStartsFromTheBeginning() {
        assertTrue(train("run", true, TinyTraining.recipe(4, 1e-3), NEVER));
        assertEquals(4, newest("run").step());
    }

    @Test
    void anOldRunIsNotOverwritten() {
        MocaRecipe recipe = TinyTraining.recipe(4, 1e-3);
        train("run", false, recipe, NEVER);
        var refused = assertThrows(IllegalArgumentException.class, () -> train("run", false, recipe, NEVER));
        assertTrue(refused.getMessage().contains("--resume"), refused.getMessage());
    }

    @Test
    void otherSettingsAreRefusedAllInOneMessage() {
        train("run", false, TinyTraining.recipe(8, 1e-3), after(4));
        var refused = assertThrows(
                IllegalArgumentException.class, () -> train("run", true, TinyTraining.recipe(9, 2e-3), NEVER));
        assertTrue(
                refused.getMessage().contains("learningRate 0.002 in place of 0.001; steps 9 in place of 8"),
                refused.getMessage());
    }

    @Test
    void otherDataIsRefused() throws IOException {
        MocaRecipe recipe = TinyTraining.recipe(8, 1e-3);
        train("run", false, recipe, after(4));
        Path frames = data.resolve("frames.u8");
        byte[] pixels = Files.readAllBytes(frames);
        pixels[0] ^= 64;
        Files.write(frames, pixels);
        var refused = assertThrows(IllegalArgumentException.class, () -> train("run", true, recipe, NEVER));
        assertTrue(refused.getMessage().contains("clips.txt"), refused.getMessage());
    }

    @Test
    void aDamagedNewestCheckpointCostsOnlyTheStepsSinceTheOneBefore() throws IOException {
        MocaRecipe recipe = TinyTraining.recipe(12, 1e-3);
        train("whole", false, recipe, NEVER);
        train("run", false, recipe, after(8));
        Path newest = folder.resolve("run").resolve(TrainingRun.CHECKPOINTS).resolve("step_8.safetensors");
        Files.write(newest, new byte[100]);
        train("run", true, recipe, NEVER);
        assertSame(newest("whole"), newest("run"));
        assertEquals(log("whole"), log("run"));
    }

    @Test
    void aFolderHasOneTrainingAtATime() {
        MocaRecipe recipe = TinyTraining.recipe(4, 1e-3);
        Path run = folder.resolve("run");
        try (TinyTraining first = new TinyTraining(backend, data, recipe);
                TinyTraining second = new TinyTraining(backend, data, recipe);
                TrainingRun books = new TrainingRun(
                        first.trainer, books(run, false), first.training.hashes(), TrainingListener.NONE)) {
            Map<String, String> hashes = second.training.hashes();
            var refused = assertThrows(
                    IllegalStateException.class,
                    () -> new TrainingRun(second.trainer, books(run, true), hashes, TrainingListener.NONE));
            assertTrue(refused.getMessage().contains("another training"), refused.getMessage());
            assertEquals(0, books.log().entries().size());
        }
    }

    @Test
    void aLossThatIsNotFiniteStopsWithStepAndClips() {
        MocaRecipe recipe = TinyTraining.recipe(20, 1e38);
        var stopped = assertThrows(DivergedException.class, () -> train("run", false, recipe, NEVER));
        assertTrue(
                stopped.getMessage().matches("training step \\d+: expected finite numbers, got a .*"),
                stopped.getMessage());
        assertTrue(stopped.getMessage().contains("demo_train_1_0000"), stopped.getMessage());
    }
}
