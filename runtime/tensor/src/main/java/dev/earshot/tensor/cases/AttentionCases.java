package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of attention and attentionWeights. */
final class AttentionCases {
    private AttentionCases() {}

    /**
     * The sizes of one attention.
     *
     * @param width hd
     * @param valueWidth hdv
     */
    private record Sizes(int batch, int queries, int keys, int heads, int width, int valueWidth) {
        double flops() {
            return 2.0 * batch * heads * queries * keys * (width + valueWidth);
        }

        double elements() {
            double tokens = (double) queries * (width + valueWidth) + (double) keys * (width + valueWidth);
            return batch * heads * tokens;
        }

        float scale() {
            return (float) (1 / Math.sqrt(width));
        }

        String text() {
            String values = valueWidth == width ? "" : "v" + valueWidth;
            return "b%d q%d k%d h%dx%d%s".formatted(batch, queries, keys, heads, width, values);
        }
    }

    /** Shape of the additive term: which axes are full; the others have size 1. */
    private enum Bias {
        KEYS,
        HEADS_AND_QUERIES,
        ALL,
        /** Causal: minus infinity above the diagonal. */
        MASK
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
            new Sizes(3, 0, 4, 2, 8, 8),
            new Sizes(0, 5, 4, 2, 8, 8)
        };
        Sizes[] models = {
            new Sizes(1, 197, 197, 12, 64, 64), // ViT-B/16, DINO
            new Sizes(1, 257, 257, 16, 80, 80), // ImageBind-Huge vision
            new Sizes(1, 229, 230, 12, 64, 64), // ImageBind audio with its extra key
            new Sizes(8, 4, 229, 1, 768, 768) // latents of an AdaAV adapter, gathering audio tokens
        };
        for (DType dtype : Rows.COMPUTE) {
            for (Sizes s : small) {
                rows.accept(attention(Scale.SMALL, s, dtype, dtype));
                rows.accept(weights(Scale.SMALL, s, dtype));
            }
            rows.accept(attention(Scale.SMALL, small[2], dtype, dtype == F32 ? BF16 : F32));
            rows.accept(jointProjection(Scale.SMALL, 2, 19, 3, 16, dtype));
            for (Bias bias : Bias.values()) {
                rows.accept(biased(Scale.SMALL, new Sizes(2, 13, 13, 3, 16, 16), bias, dtype));
                rows.accept(biased(Scale.SMALL, new Sizes(1, 33, 65, 2, 8, 24), bias, dtype));
            }
            for (Sizes s : models) {
                rows.accept(attention(Scale.MODEL, s, dtype, dtype));
            }
            rows.accept(jointProjection(Scale.MODEL, 1, 197, 12, 64, dtype));
            rows.accept(repeatedQueries(Scale.SMALL, new Sizes(3, 19, 7, 2, 16, 16), dtype));
            rows.accept(repeatedQueries(Scale.SMALL, new Sizes(2, 300, 5, 2, 8, 8), dtype));
            rows.accept(attention(Scale.SMALL, new Sizes(2, 257, 16, 3, 32, 4), dtype, dtype == F32 ? BF16 : F32));
            rows.accept(attention(Scale.SMALL, new Sizes(1, 513, 1, 1, 12, 20), dtype, dtype));
            // SAM's mask decoder: the image looks at the tokens of its prompts, these look at the image
            rows.accept(repeatedQueries(Scale.BENCH, new Sizes(8, 4096, 7, 8, 16, 16), dtype));
            rows.accept(attention(Scale.BENCH, new Sizes(8, 7, 4096, 8, 16, 16), dtype, dtype));
            rows.accept(weights(Scale.MODEL, models[0], dtype)); // DINO's self-attention maps
            rows.accept(biased(Scale.BENCH, models[1], Bias.ALL, dtype));
            rows.accept(attention(Scale.BENCH, new Sizes(8, 257, 257, 16, 80, 80), dtype, dtype));
        }
    }

    private static OpCase attention(Scale scale, Sizes z, DType dtype, DType to) {
        String name = "attention %s %s-%s".formatted(z.text(), lower(dtype), lower(to));
        return row(name, "attention", Rows.precision(dtype, to), scale, z, s -> {
            Tensor q = queries(s, z, dtype);
            Tensor k = s.input(dtype, z.batch, z.keys, (long) z.heads * z.width);
            Tensor v = s.input(dtype, z.batch, z.keys, (long) z.heads * z.valueWidth);
            Tensor y = s.output(to, z.batch, z.queries, (long) z.heads * z.valueWidth);
            return () -> s.backend().attention(q, k, v, z.heads, z.scale(), y);
        });
    }

    /** q, k and v are column slices of one buffer [B, N, 3 heads hd], as every vision transformer calls it. */
    private static OpCase jointProjection(Scale scale, int batch, int tokens, int heads, int hd, DType dtype) {
        Sizes z = new Sizes(batch, tokens, tokens, heads, hd, hd);
        long width = (long) heads * hd;
        return row("attention qkv %s %s".formatted(z.text(), lower(dtype)), "attention", dtype, scale, z, s -> {
            Tensor qkv = s.input(dtype, batch, tokens, 3 * width);
            Tensor q = qkv.slice(-1, 0, width);
            Tensor k = qkv.slice(-1, width, 2 * width);
            Tensor v = qkv.slice(-1, 2 * width, 3 * width);
            Tensor y = s.output(dtype, Layout.COLUMNS, batch, tokens, width);
            return () -> s.backend().attention(q, k, v, heads, z.scale(), y);
        });
    }

    /** One set of queries for all of a batch. */
    private static OpCase repeatedQueries(Scale scale, Sizes z, DType dtype) {
        String name = "attention repeated queries %s %s".formatted(z.text(), lower(dtype));
        return row(name, "attention", dtype, scale, z, s -> {
            long width = (long) z.heads * z.width;
            Tensor q = s.input(dtype, 1, z.queries, width).broadcast(z.batch, z.queries, width);
            Tensor k = s.input(dtype, z.batch, z.keys, width);
            Tensor v = s.input(dtype, z.batch, z.keys, (long) z.heads * z.valueWidth);
            Tensor y = s.output(dtype, z.batch, z.queries, (long) z.heads * z.valueWidth);
            return () -> s.backend().attention(q, k, v, z.heads, z.scale(), y);
        });
    }

    private static OpCase biased(Scale scale, Sizes z, Bias kind, DType dtype) {
        long[] shape = {
            kind == Bias.ALL ? z.batch : 1,
            kind == Bias.ALL || kind == Bias.HEADS_AND_QUERIES ? z.heads : 1,
            kind == Bias.KEYS ? 1 : z.queries,
            z.keys
        };
        String name = "attention %s %s%s %s".formatted(z.text(), lower(kind), sizes(shape), lower(dtype));
        return row(name, "attention", dtype, scale, z, s -> {
            Tensor q = queries(s, z, dtype);
            Tensor k = s.input(dtype, z.batch, z.keys, (long) z.heads * z.width);
            Tensor v = s.input(dtype, z.batch, z.keys, (long) z.heads * z.valueWidth);
            Tensor bias = kind == Bias.MASK ? causal(s, z) : s.input(F32, shape);
            Tensor y = s.output(dtype, z.batch, z.queries, (long) z.heads * z.valueWidth);
            return () -> s.backend().attention(q, k, v, z.heads, z.scale(), bias, y);
        });
    }

    /** [1, 1, Nq, Nk]: 0 up to the diagonal, minus infinity beyond. */
    private static Tensor causal(OpSetup s, Sizes z) {
        int[] at = {0};
        return s.input(
                F32,
                Layout.DENSE,
                g -> {
                    int index = at[0]++;
                    return index % z.keys <= index / z.keys ? 0 : Double.NEGATIVE_INFINITY;
                },
                1,
                1,
                z.queries,
                z.keys);
    }

    private static OpCase weights(Scale scale, Sizes z, DType dtype) {
        return row(
                "attentionWeights %s %s".formatted(z.text(), lower(dtype)), "attentionWeights", dtype, scale, z, s -> {
                    Tensor q = queries(s, z, dtype);
                    Tensor k = s.input(dtype, z.batch, z.keys, (long) z.heads * z.width);
                    Tensor y = s.output(F32, z.batch, z.heads, z.queries, z.keys);
                    return () -> s.backend().attentionWeights(q, k, z.heads, z.scale(), y);
                });
    }

    private static Tensor queries(OpSetup s, Sizes z, DType dtype) {
        return s.input(dtype, z.batch, z.queries, (long) z.heads * z.width);
    }

    private static OpCase row(String name, String op, DType precision, Scale scale, Sizes z, OpCase.Body body) {
        double bytes = z.elements() * precision.bytes();
        return new OpCase(name, op, precision, Rows.tolerance(z.keys), scale, z.flops(), bytes, body);
    }
}
