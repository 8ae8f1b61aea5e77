package dev.earshot.bench;

import dev.earshot.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Softmax over attention scores: rows are heads times tokens; about 5 operations per element. */
public class SoftmaxBench extends OpState implements Work {
    /** Rows, width. */
    @Param({"2364x197", "4112x257", "4096x4096"})
    public String rowsWidth;

    private Tensor x;
    private Tensor y;

    @Override
    protected String sizes() {
        return rowsWidth;
    }

    @Override
    protected void prepare(long[] s) {
        x = random(s[0], s[1]);
        y = output(s[0], s[1]);
    }

    @Override
    public double operations(long[] s) {
        return 5.0 * s[0] * s[1];
    }

    @Override
    public double bytes(long[] s) {
        return 8.0 * s[0] * s[1];
    }

    /** Along the last axis. */
    @Benchmark
    public Tensor softmax() {
        backend.softmax(x, 0.125f, y);
        return y;
    }
}
