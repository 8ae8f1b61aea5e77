package dev.earshot.tensor.cases;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;

/**
 * One row of the op table.
 *
 * @param name unique, for example {@code "linear 197x768-3072 gelu bf16"}; the value of {@code -Dearshot.case} selects by it
 * @param op method of {@link Backend} or {@link dev.earshot.tensor.TrainingOps} that the row calls
 * @param precision F32 if every tensor is F32 (or integer): compared by {@code tolerance}; else BF16: compared by the 2x
 *     rule, an error of at most twice that of the plain bf16 formula
 * @param tolerance largest accepted normalised mean squared error of an F32 row
 * @param scale how large the row is
 * @param flops floating-point operations of one call; a multiply-add counts two
 * @param bytes bytes of operands, weights and results of one call, each touched once
 * @param body makes the operands and returns the call
 */
public record OpCase(
        String name, String op, DType precision, double tolerance, Scale scale, double flops, double bytes, Body body) {
    /**
     * F32 rows of elementwise ops and short sums. The CPU backend stays below 1e-13 (2026-11-21); a product that secretly
     * ran in tf32 or bf16 would give more than 1e-7.
     */
    public static final double TOLERANCE = 1e-12;

    /** F32 rows whose result is a sum of more than a hundred products; the CPU backend stays below 3e-13. */
    public static final double LONG_REDUCTION_TOLERANCE = 1e-11;

    /** How large a row is. */
    public enum Scale {
        /** Odd and extreme shapes; every test runs them. */
        SMALL,
        /** Sizes of the real models at batch 1; compared too. */
        MODEL,
        /** Only for benchmarks: too large for the scalar reference in a test run. */
        BENCH
    }

    /** Makes the operands of a row and returns its call. */
    @FunctionalInterface
    public interface Body {
        /** Allocates and fills everything through {@code setup}; the returned call runs the op once. */
        Runnable prepare(OpSetup setup);
    }

    /** This row on {@code backend}, with inputs that depend on {@code seed} only. */
    public OpRun open(Backend backend, long seed) {
        return new OpRun(this, backend, seed, false);
    }

    /**
     * This row with the same input values (rounded to the row's types) but with every bf16 tensor held and computed as F32:
     * the truth that a BF16 row is measured against.
     */
    public OpRun openExact(Backend backend, long seed) {
        return new OpRun(this, backend, seed, true);
    }

    @Override
    public String toString() {
        return name;
    }
}
