package dev.earshot.bench;

import dev.earshot.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Self-attention reading q, k and v as columns of one buffer; 4 B heads N^2 hd operations. */
public class AttentionBench extends OpState implements Work {
    /** Batch, tokens, heads, head width: ViT-B, the same in a batch of 8, ViT-H, a global block of SAM. */
    @Param({"1x197x12x64", "8x197x12x64", "1x257x16x80", "1x4096x12x64"})
    public String batchTokensHeadsWidth;

    private int heads;
    private float scale;
    private Tensor q;
    private Tensor k;
    private Tensor v;
    private Tensor out;

    @Override
    protected String sizes() {
        return batchTokensHeadsWidth;
    }

    @Override
    protected void prepare(long[] s) {
        long width = s[2] * s[3];
        heads = Math.toIntExact(s[2]);
        scale = (float) (1 / Math.sqrt(s[3]));
        Tensor qkv = random(s[0], s[1], 3 * width);
        q = qkv.slice(2, 0, width);
        k = qkv.slice(2, width, 2 * width);
        v = qkv.slice(2, 2 * width, 3 * width);
        out = output(s[0], s[1], width);
    }

    @Override
    public double operations(long[] s) {
        return 4.0 * s[0] * s[1] * s[1] * s[2] * s[3];
    }

    @Override
    public double bytes(long[] s) {
        return 16.0 * s[0] * s[1] * s[2] * s[3];
    }

    /** Without a bias term. */
    @Benchmark
    public Tensor attention() {
        backend.attention(q, k, v, heads, scale, out);
        return out;
    }
}
