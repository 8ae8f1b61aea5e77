package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MocaTrainerTest {
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

    @Test
    void theNeighboursOfAClipAreItsGroup() {
        try (TrainingClips clips = TrainingClips.open(data, WorkProgress.NONE)) {
            NeighbourTable table = TinyTraining.neighbours(backend, clips);
            for (int clip = 0; clip < TinyTraining.CLIPS; clip++) {
                for (int rank = 0; rank < TinyTraining.K; rank++) {
                    assertEquals(clip / TinyTraining.GROUP, table.neighbour(clip, rank) / TinyTraining.GROUP);
                }
            }
        }
    }

    @Test
    void theLossFallsClearlyOnGroupsOfNearDuplicates() {
        try (TinyTraining training = new TinyTraining(backend, data, TinyTraining.recipe(200, 1e-3))) {
            double first = 0;
            double last = 0;
            for (int step = 1; step <= 200; step++) {
                StepReport report = training.trainer.step();
                first += step <= 10 ? report.loss() / 10 : 0;
                last += step > 190 ? report.loss() / 10 : 0;
            }
            assertTrue(last < 0.8 * first, "loss fell from %s to %s".formatted(first, last));
        }
    }
}
