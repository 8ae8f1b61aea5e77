package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Batched products without prepared weights. */
public class MatmulBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "matmul 256x1280*1280x16 alpha1.0 f32-f32 b transposed",
        "matmul 16x257x80*16x80x257 alpha0.1 f32-f32 b transposed",
        "matmul 1024x1024*1024x1024 alpha1.0 f32-f32 b",
        "matmul 256x1280*1280x16 alpha1.0 bf16-f32 b transposed",
        "matmul 16x257x80*16x80x257 alpha0.1 bf16-f32 b transposed",
        "matmul 1024x1024*1024x1024 alpha1.0 bf16-f32 b"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void matmul() {
        execute();
    }
}
