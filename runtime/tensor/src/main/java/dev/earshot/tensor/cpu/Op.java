package dev.earshot.tensor.cpu;

/**
 * An op with its arguments, checked and by address. Implementations are records, so that equal calls find the steps that
 * were bound for the first of them.
 */
interface Op {
    /** Adds the steps of this op. */
    void bind(Binder binder);
}
