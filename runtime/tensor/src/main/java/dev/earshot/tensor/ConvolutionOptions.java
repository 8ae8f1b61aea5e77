package dev.earshot.tensor;

/** Geometry of a two-dimensional convolution; padding is the same on both sides of an axis. */
public record ConvolutionOptions(
        int strideY, int strideX, int padY, int padX, int dilationY, int dilationX, int groups) {
    public ConvolutionOptions {
        if (strideY < 1 || strideX < 1 || padY < 0 || padX < 0 || dilationY < 1 || dilationX < 1 || groups < 1) {
            throw new IllegalArgumentException(
                    "convolution: expected stride, dilation and groups >= 1 and padding >= 0, got stride %d,%d pad %d,%d dilation %d,%d groups %d"
                            .formatted(strideY, strideX, padY, padX, dilationY, dilationX, groups));
        }
    }

    /** Square stride and padding, no dilation, one group. */
    public static ConvolutionOptions of(int stride, int pad) {
        return new ConvolutionOptions(stride, stride, pad, pad, 1, 1, 1);
    }
}
