package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Gradients of the learned weights of a layer norm; bound by memory. */
public class LayerNormParametersBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "layerNormParametersBackward 1x257x1280 f32",
        "layerNormParametersBackward 24x257x1280 f32",
        "layerNormParametersBackward 24x257x128 f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void layerNormParameters() {
        execute();
    }
}
