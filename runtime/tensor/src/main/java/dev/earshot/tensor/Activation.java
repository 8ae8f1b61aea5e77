package dev.earshot.tensor;

/** Activations that can be fused behind a linear layer. */
public enum Activation {
    NONE,
    RELU,
    /** Exact GELU, x/2 (1 + erf(x / sqrt 2)). */
    GELU,
    /** CLIP's x * sigmoid(1.702 x). */
    QUICK_GELU
}
