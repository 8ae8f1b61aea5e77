package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The linear layers of {@link LinearBench} in 8-bit integers: quantising x, product, scaling and what is behind it. */
public class LinearInt8Bench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "linear 197x768-2304 none f32-f32",
        "linear 197x768-3072 gelu f32-f32",
        "linear 197x768-768 none residual inplace f32",
        "linear 197x3072-768 none residual inplace f32",
        "linear 257x1280-3840 none f32-f32",
        "linear 257x1280-5120 gelu f32-f32",
        "linear 257x5120-1280 none residual inplace f32",
        "linear 1576x768-3072 gelu f32-f32",
        "linear 1x1280-1024 none nobias f32-f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    @Override
    protected String backend() {
        return backendName + ":int8";
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void int8Linear() {
        execute();
    }
}
