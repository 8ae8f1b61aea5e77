package dev.earshot.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A short run of the fuzzer; {@code tools/fuzz checkpoint} is the long one. */
final class CheckpointFuzzTest {
    private static final int MUTANTS = 30_000;

    @Test
    void mutantsAreReadOrRefusedByName() throws IOException {
        CheckpointFuzz run = new CheckpointFuzz().run(20261121, 0, MUTANTS, _ -> {});
        // Both ends of the parser must have been exercised, else the mutations are too wild or too tame.
        assertTrue(run.accepted() > MUTANTS / 100, run::toString);
        assertTrue(run.refused() > MUTANTS / 2, run::toString);
    }
}
