package dev.earshot.tensor;

/** Reductions along one axis; sums run in index order. */
public enum ReduceOp {
    SUM,
    MEAN,
    MAX,
    MIN
}
