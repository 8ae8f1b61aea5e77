package dev.earshot.tensor;

/** Kernels of {@link Backend#resize}; none of them filters when shrinking. */
public enum Interpolation {
    /** The source element whose area holds the output's centre: PyTorch's {@code nearest-exact}. */
    NEAREST,
    BILINEAR,
    /** Cubic convolution with a = -0.75, the constant of PyTorch's {@code interpolate}. */
    BICUBIC
}
