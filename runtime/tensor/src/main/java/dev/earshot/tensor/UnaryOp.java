package dev.earshot.tensor;

/** Elementwise functions of one tensor. */
public enum UnaryOp {
    RELU,
    /** Exact (erf) GELU. */
    GELU,
    QUICK_GELU,
    SIGMOID,
    TANH,
    EXP,
    LOG,
    SQRT,
    ABS,
    NEGATE
}
