package dev.earshot.tensor;

/** Elementwise functions of two tensors. */
public enum BinaryOp {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    MIN,
    MAX
}
