package dev.earshot.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Multi-head attention of the encoders, with and without an additive term, and its backward op. */
public class AttentionBench extends OpBench {
    /** Rows of the op table. */
    @Param({
        "attention b1 q197 k197 h12x64 f32-f32",
        "attention b1 q257 k257 h16x80 f32-f32",
        "attention b1 q229 k230 h12x64 f32-f32",
        "attention b8 q4 k229 h1x768 f32-f32",
        "attention qkv b1 q197 k197 h12x64 f32",
        "attention b1 q257 k257 h16x80 all1x16x257x257 f32",
        "attention b8 q257 k257 h16x80 f32-f32",
        "attention b1 q197 k197 h12x64 bf16-bf16",
        "attention b1 q257 k257 h16x80 bf16-bf16",
        "attention b1 q229 k230 h12x64 bf16-bf16",
        "attention qkv b1 q197 k197 h12x64 bf16",
        "attention b1 q257 k257 h16x80 all1x16x257x257 bf16",
        "attention b8 q257 k257 h16x80 bf16-bf16",
        "attentionBackward qkv b1 q257 k257 h16x80 f32",
        "attentionBackward qkv b24 q257 k257 h16x80 f32",
        "attentionBackward qkv b24 q257 k257 h4x32 f32",
        "attentionBackward b8 q4 k229 h1x768 queries f32"
    })
    public String row;

    @Override
    protected String row() {
        return row;
    }

    /** One call on the caller's thread, through shape checks and all. */
    @Benchmark
    public void attention() {
        execute();
    }
}
