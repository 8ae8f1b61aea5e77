package dev.earshot.bench;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Layer norms over the token rows of ViT-B and ViT-H; about 8 operations per element, bound by memory. */
public class LayerNormBench extends OpState implements Work {
    /** Rows, width. */
    @Param({"197x768", "1576x768", "257x1280", "2056x1280"})
    public String rowsWidth;

    private Tensor x;
    private Tensor gamma;
    private Tensor beta;
    private Tensor y;

    @Override
    protected String sizes() {
        return rowsWidth;
    }

    @Override
    protected void prepare(long[] s) {
        x = random(s[0], s[1]);
        gamma = parameters.tensor(randomHost(s[1]), DType.F32);
        beta = parameters.tensor(randomHost(s[1]), DType.F32);
        y = output(s[0], s[1]);
    }

    @Override
    public double operations(long[] s) {
        return 8.0 * s[0] * s[1];
    }

    @Override
    public double bytes(long[] s) {
        return 8.0 * s[0] * s[1];
    }

    /** With learned weights. */
    @Benchmark
    public Tensor layerNorm() {
        backend.layerNorm(x, gamma, beta, 1e-6f, y);
        return y;
    }
}
