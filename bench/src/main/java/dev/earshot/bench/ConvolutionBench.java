package dev.earshot.bench;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Convolutions: patch embeddings, a ResNet stage, SAM's neck; 2 B O OH OW C k^2 operations. */
public class ConvolutionBench extends OpState implements Work {
    /** Batch, input channels, height and width, output channels, kernel, stride; padding keeps the size at stride 1. */
    @Param({"1x3x224x768x16x16", "1x3x224x1280x14x14", "1x64x56x64x3x1", "1x256x64x256x3x1"})
    public String batchInSideOutKernelStride;

    private Convolution convolution;
    private Tensor x;
    private Tensor y;

    @Override
    protected String sizes() {
        return batchInSideOutKernelStride;
    }

    private static int padding(long[] s) {
        return s[5] == 1 ? (int) (s[4] / 2) : 0;
    }

    private static long outputSide(long[] s) {
        return (s[2] + 2L * padding(s) - s[4]) / s[5] + 1;
    }

    @Override
    protected void prepare(long[] s) {
        convolution = parameters.convolution(
                randomHost(s[3], s[1], s[4], s[4]),
                randomHost(s[3]),
                ConvolutionOptions.of((int) s[5], padding(s)),
                DType.F32);
        x = random(s[0], s[1], s[2], s[2]);
        y = output(convolution.outputShape(Shape.of(s[0], s[1], s[2], s[2])).toArray());
    }

    @Override
    public double operations(long[] s) {
        return 2.0 * s[0] * s[3] * outputSide(s) * outputSide(s) * s[1] * s[4] * s[4];
    }

    @Override
    public double bytes(long[] s) {
        return 4.0
                * (s[0] * s[1] * s[2] * s[2] + s[3] * s[1] * s[4] * s[4] + s[0] * s[3] * outputSide(s) * outputSide(s));
    }

    /** With bias. */
    @Benchmark
    public Tensor convolution() {
        backend.conv2d(x, convolution, y);
        return y;
    }
}
