package dev.earshot.tensor;

/** Kinds of spatial pooling. */
public enum PoolOp {
    /** Maximum; padding counts as minus infinity. */
    MAX,
    /** Mean over the kernel area, padding zeros included. */
    AVERAGE,
    /** Mean over the elements of the window that lie inside the image. */
    AVERAGE_EXCLUDING_PADDING
}
