package dev.earshot.tensor.weights;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A short run of the fuzzer; {@code tools/fuzz safetensors} is the long one. */
final class SafetensorsFuzzTest {
    private static final int MUTANTS = 30_000;

    @Test
    void mutantsAreReadOrRefusedByName() {
        FuzzRun run = new FuzzRun("safetensors", 20261121);
        run.run(new SafetensorsFuzz(), 0, MUTANTS, _ -> {});
        // Both ends of the parser must have been exercised, else the mutations are too wild or too tame.
        assertTrue(run.accepted() > MUTANTS / 100, run::toString);
        assertTrue(run.refused() > MUTANTS / 2, run::toString);
    }
}
