package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Linear layers: QKV, projections and both halves of the MLP, with what is fused behind them. */
public class LinearBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "linear 197x768-2304 none f32-f32",
        "linear 197x768-3072 gelu f32-f32",
        "linear 257x1280-3840 none f32-f32",
        "linear 257x1280-5120 gelu f32-f32",
        "linear 1x1280-1024 none nobias f32-f32",
        "linear 229x768-768 gelu f32-f32",
        "linear 228x256-768 none nobias f32-f32",
        "linear 1576x768-3072 gelu f32-f32",
        "linear 197x768-2304 none bf16-bf16",
        "linear 197x768-3072 gelu bf16-bf16",
        "linear 257x1280-3840 none bf16-bf16",
        "linear 257x1280-5120 gelu bf16-bf16",
        "linear 1x1280-1024 none nobias bf16-bf16",
        "linear 229x768-768 gelu bf16-bf16",
        "linear 228x256-768 none nobias bf16-bf16",
        "linear 1576x768-3072 gelu bf16-bf16",
        "linear 197x768-768 none residual inplace f32",
        "linear 197x3072-768 none residual inplace f32",
        "linear 257x5120-1280 none residual inplace f32",
        "linear 197x768-768 none residual inplace bf16",
        "linear 197x3072-768 none residual inplace bf16",
        "linear 257x5120-1280 none residual inplace bf16"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void linear() {
        execute();
    }
}
