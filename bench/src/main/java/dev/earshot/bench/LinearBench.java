package dev.earshot.bench;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Linear layers of ViT-B (width 768) and ViT-H (1280), alone and with what is fused behind them; 2MKN operations. */
public class LinearBench extends OpState implements Work {
    /** Rows, input width, output width. */
    @Param({"197x768x2304", "197x768x768", "197x768x3072", "197x3072x768", "1576x768x3072", "257x1280x5120"})
    public String rowsInOut;

    private Linear layer;
    private Tensor x;
    private Tensor residual;
    private Tensor y;

    @Override
    protected String sizes() {
        return rowsInOut;
    }

    @Override
    protected void prepare(long[] s) {
        layer = parameters.linear(randomHost(s[2], s[1]), randomHost(s[2]), DType.F32);
        x = random(s[0], s[1]);
        residual = random(s[0], s[2]);
        y = output(s[0], s[2]);
    }

    @Override
    public double operations(long[] s) {
        return 2.0 * s[0] * s[1] * s[2];
    }

    @Override
    public double bytes(long[] s) {
        return 4.0 * (s[0] * s[1] + s[1] * s[2] + s[0] * s[2]);
    }

    /** Bias only. */
    @Benchmark
    public Tensor bias() {
        backend.linear(x, layer, Activation.NONE, y);
        return y;
    }

    /** Bias and exact GELU. */
    @Benchmark
    public Tensor gelu() {
        backend.linear(x, layer, Activation.GELU, y);
        return y;
    }

    /** Bias and residual sum. */
    @Benchmark
    public Tensor residual() {
        backend.linear(x, layer, Activation.NONE, residual, y);
        return y;
    }
}
