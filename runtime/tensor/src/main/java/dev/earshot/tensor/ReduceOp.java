package dev.earshot.tensor;

/** Reductions along one axis; sums run in index order. */
public enum ReduceOp {
    SUM,
    MEAN,
    MAX,
    MIN,
    /** log of the sum of exp, without overflow; minus infinity where all elements are. */
    LOG_SUM_EXP
}
