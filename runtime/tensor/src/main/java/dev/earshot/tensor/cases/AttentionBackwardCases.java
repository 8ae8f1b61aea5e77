package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.tolerance;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of attentionBackward, and of crossModalAttention both ways. */
final class AttentionBackwardCases {
    private AttentionBackwardCases() {}

    private record Sizes(int batch, int queries, int keys, int heads, int width, int valueWidth) {
        String text() {
            String values = valueWidth == width ? "" : "v" + valueWidth;
            return "b%d q%d k%d h%dx%d%s".formatted(batch, queries, keys, heads, width, values);
        }

        float scale() {
            return (float) (1 / Math.sqrt(width));
        }

        /** Five products: the scores again, and one for each operand of the two products of the forward pass. */
        double flops() {
            return 2.0 * batch * heads * queries * keys * (3 * width + 2 * valueWidth);
        }

        double elements() {
            return (double) batch
                    * heads
                    * ((double) queries * (3 * width + valueWidth) + 3.0 * keys * (width + valueWidth));
        }
    }

    /** What of the op a row calls. */
    private enum Form {
        ALL,
        QUERIES,
        BIAS
    }

    static void addTo(Consumer<OpCase> rows) {
        Sizes[] small = {
            new Sizes(1, 1, 1, 1, 1, 1),
            new Sizes(1, 1, 5, 1, 3, 3),
            new Sizes(2, 7, 7, 2, 16, 16),
            new Sizes(1, 15, 17, 3, 8, 8),
            new Sizes(2, 17, 16, 2, 24, 40),
            new Sizes(1, 63, 65, 4, 20, 20),
            new Sizes(1, 64, 64, 2, 64, 64),
            new Sizes(1, 127, 129, 1, 33, 17),
            new Sizes(1, 257, 259, 2, 12, 12),
            new Sizes(3, 0, 4, 2, 8, 8),
            new Sizes(0, 5, 4, 2, 8, 8)
        };
        for (DType dtype : Rows.COMPUTE) {
            for (Sizes z : small) {
                rows.accept(attention(Scale.SMALL, z, Form.ALL, dtype));
            }
            rows.accept(attention(Scale.SMALL, small[4], Form.QUERIES, dtype));
            rows.accept(attention(Scale.SMALL, small[4], Form.BIAS, dtype));
            rows.accept(attention(Scale.SMALL, small[5], Form.BIAS, dtype));
            rows.accept(jointProjection(Scale.SMALL, new Sizes(2, 19, 19, 3, 16, 16), dtype));
            rows.accept(jointProjection(Scale.SMALL, new Sizes(2, 257, 257, 4, 32, 32), dtype));
        }
        rows.accept(jointProjection(Scale.MODEL, new Sizes(1, 257, 257, 16, 80, 80), F32));
        // Latents of an AdaAV adapter, gathering audio tokens that are not trained.
        rows.accept(attention(Scale.MODEL, new Sizes(8, 4, 229, 1, 768, 768), Form.QUERIES, F32));
        rows.accept(jointProjection(Scale.BENCH, new Sizes(24, 257, 257, 16, 80, 80), F32));
        rows.accept(jointProjection(Scale.BENCH, new Sizes(24, 257, 257, 4, 32, 32), F32));
        long[][] fusions = {{1, 1, 1, 1}, {2, 3, 2, 5}, {3, 17, 4, 16}, {1, 257, 8, 33}, {2, 65, 3, 31}, {0, 5, 2, 4}};
        for (long[] z : fusions) {
            fusion(rows, Scale.SMALL, z[0], z[1], z[2], z[3], Layout.DENSE);
        }
        fusion(rows, Scale.SMALL, 2, 9, 4, 16, Layout.COLUMNS);
        fusion(rows, Scale.SMALL, 2, 0, 4, 16, Layout.DENSE);
        fusion(rows, Scale.MODEL, 8, 257, 4, 32, Layout.DENSE);
        fusion(rows, Scale.BENCH, 24, 257, 4, 32, Layout.DENSE);
        fusion(rows, Scale.BENCH, 24, 257, 8, 64, Layout.DENSE);
    }

    private static OpCase attention(Scale scale, Sizes z, Form form, DType dtype) {
        String name = "attentionBackward %s%s %s"
                .formatted(z.text(), form == Form.ALL ? "" : " " + lower(form), lower(dtype));
        return row(name, scale, z, dtype, s -> {
            Tensor q = s.input(dtype, z.batch, z.queries, (long) z.heads * z.width);
            Tensor k = s.input(dtype, z.batch, z.keys, (long) z.heads * z.width);
            Tensor v = s.input(dtype, z.batch, z.keys, (long) z.heads * z.valueWidth);
            Tensor gradOut = s.input(F32, z.batch, z.queries, (long) z.heads * z.valueWidth);
            Tensor gradQ = s.inOut(F32, Layout.DENSE, g -> 0.1 * g, q.shape().toArray());
            if (form == Form.QUERIES) {
                return () -> s.backend().training().attentionBackward(q, k, v, z.heads, z.scale(), gradOut, gradQ);
            }
            Tensor gradK = s.inOut(F32, Layout.COLUMNS, g -> 0.1 * g, k.shape().toArray());
            Tensor gradV = s.inOut(F32, Layout.DENSE, g -> 0.1 * g, v.shape().toArray());
            if (form == Form.BIAS) {
                Tensor bias = s.input(F32, 1, z.heads, 1, z.keys);
                return () -> s.backend()
                        .training()
                        .attentionBackward(q, k, v, z.heads, z.scale(), bias, gradOut, gradQ, gradK, gradV);
            }
            return () ->
                    s.backend().training().attentionBackward(q, k, v, z.heads, z.scale(), gradOut, gradQ, gradK, gradV);
        });
    }

    /** Operands and gradients are column slices of buffers [B, N, 3 heads hd], as in a vision transformer. */
    private static OpCase jointProjection(Scale scale, Sizes z, DType dtype) {
        String name = "attentionBackward qkv %s %s".formatted(z.text(), lower(dtype));
        return row(name, scale, z, dtype, s -> {
            long width = (long) z.heads * z.width;
            Tensor qkv = s.input(dtype, z.batch, z.queries, 3 * width);
            Tensor gradOut = s.input(F32, z.batch, z.queries, width);
            Tensor grads = s.inOut(F32, Layout.DENSE, g -> 0.1 * g, z.batch, z.queries, 3 * width);
            Tensor[] in = thirds(qkv, width);
            Tensor[] out = thirds(grads, width);
            return () -> s.backend()
                    .training()
                    .attentionBackward(in[0], in[1], in[2], z.heads, z.scale(), gradOut, out[0], out[1], out[2]);
        });
    }

    private static Tensor[] thirds(Tensor qkv, long width) {
        return new Tensor[] {
            qkv.slice(-1, 0, width), qkv.slice(-1, width, 2 * width), qkv.slice(-1, 2 * width, 3 * width)
        };
    }

    private static OpCase row(String name, Scale scale, Sizes z, DType dtype, OpCase.Body body) {
        double bytes = z.elements() * 4;
        return new OpCase(name, "attentionBackward", dtype, tolerance(1000), scale, z.flops(), bytes, body);
    }

    private static void fusion(Consumer<OpCase> rows, Scale scale, long batch, long n, long m, long r, Layout layout) {
        String text = " %dx%dx%d m%d%s".formatted(batch, n, r, m, layout.suffix());
        double products = 2.0 * batch * n * m * r;
        double bytes = 4.0 * batch * n * r;
        float scaling = (float) (1 / Math.sqrt(r));
        String forward = "crossModalAttention";
        rows.accept(new OpCase(forward + text, forward, F32, tolerance(r), scale, 2 * products, 2 * bytes, s -> {
            Tensor u = s.input(F32, layout, g -> g, batch, n, r);
            Tensor t = s.input(F32, layout, g -> g, batch, m, r);
            Tensor gate = s.input(F32, Layout.DENSE, g -> 0.8, 1);
            Tensor out = s.output(F32, layout, batch, n, r);
            return () -> s.backend().crossModalAttention(u, t, gate, scaling, out);
        }));
        String backward = "crossModalAttentionBackward";
        rows.accept(new OpCase(
                backward + text, backward, F32, tolerance(batch * n), scale, 6 * products, 5 * bytes, s -> {
                    Tensor u = s.input(F32, layout, g -> g, batch, n, r);
                    Tensor t = s.input(F32, layout, g -> g, batch, m, r);
                    Tensor gate = s.input(F32, Layout.DENSE, g -> 0.8, 1);
                    Tensor gradOut = s.input(F32, layout, g -> g, batch, n, r);
                    Tensor gradU = s.inOut(F32, layout, g -> 0.1 * g, batch, n, r);
                    Tensor gradT = s.inOut(F32, layout, g -> g, batch, m, r);
                    Tensor gradGate = s.inOut(F32, Layout.DENSE, g -> g, 1);
                    return () -> s.backend()
                            .training()
                            .crossModalAttentionBackward(u, t, gate, scaling, gradOut, gradU, gradT, gradGate);
                }));
    }
}
