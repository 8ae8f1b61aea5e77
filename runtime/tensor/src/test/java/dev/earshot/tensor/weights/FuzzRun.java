package dev.earshot.tensor.weights;

import java.util.Random;
import java.util.function.Consumer;

/**
 * Runs a parser over mutated files. Each mutant has a random generator of its own, made of the run's seed and the mutant's
 * number, so that one failure is repeated alone. A mutant is accepted or refused with {@link WeightsException}; anything
 * else fails the run, also {@link OutOfMemoryError}: {@code tools/fuzz} gives it a heap of 256 MB.
 */
final class FuzzRun {
    private static final int PROGRESS_MUTANTS = 100_000;

    private final String name;
    private final long seed;
    private long accepted;
    private long refused;
    private long slowestNanos;
    private long slowestMutant;

    /** One mutant: made from {@code random}, then given to the parser. */
    interface Target {
        /** The mutated file. */
        byte[] mutate(Random random);

        /** Parses the file and checks whatever must hold when it is accepted. */
        void parse(byte[] file) throws Exception;
    }

    FuzzRun(String name, long seed) {
        this.name = name;
        this.seed = seed;
    }

    /** Runs the mutants {@code from} to {@code to - 1}; returns this. */
    FuzzRun run(Target target, long from, long to, Consumer<String> progress) {
        for (long mutant = from; mutant < to; mutant++) {
            byte[] file = target.mutate(new Random(seed * 1_000_003 + mutant));
            long start = System.nanoTime();
            try {
                target.parse(file);
                accepted++;
            } catch (WeightsException e) {
                refused++;
            } catch (Throwable e) {
                throw new AssertionError(where(mutant) + ": expected WeightsException, got " + e, e);
            }
            long nanos = System.nanoTime() - start;
            if (nanos > slowestNanos) {
                slowestNanos = nanos;
                slowestMutant = mutant;
            }
            if ((mutant + 1) % PROGRESS_MUTANTS == 0) {
                progress.accept(toString());
            }
        }
        return this;
    }

    long accepted() {
        return accepted;
    }

    long refused() {
        return refused;
    }

    private String where(long mutant) {
        return "%s fuzz, seed %d, mutant %d".formatted(name, seed, mutant);
    }

    @Override
    public String toString() {
        return "%s fuzz, seed %d: %,d mutants, %,d accepted, %,d refused; slowest %.1f ms (mutant %d)"
                .formatted(name, seed, accepted + refused, accepted, refused, slowestNanos / 1e6, slowestMutant);
    }
}
