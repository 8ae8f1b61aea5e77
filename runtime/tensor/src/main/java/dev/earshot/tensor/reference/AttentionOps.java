package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import java.util.Arrays;

/** Definitions of multi-head attention. */
final class AttentionOps {
    private AttentionOps() {}

    /** The term that is added to the scores. */
    @FunctionalInterface
    interface Bias {
        /** Adds the bias of (batch, head, query) to a row of scores. */
        void addTo(double[] scores, int batch, int head, int query);
    }

    /** No additive term. */
    static final Bias NO_BIAS = (scores, batch, head, query) -> {};

    /** The additive term of a tensor [B or 1, heads or 1, Nq or 1, Nk]. */
    static Bias bias(Tensor bias, Tensor q, int heads, Rounding rounding) {
        Tensor full = bias.broadcast(q.dim(0), heads, q.dim(1), bias.dim(3));
        double[] row = new double[Elements.rowLength(full)];
        return (scores, batch, head, query) -> {
            Elements.readRow(full, ((long) batch * heads + head) * q.dim(1) + query, row, 0);
            for (int j = 0; j < row.length; j++) {
                scores[j] = rounding.round(scores[j] + rounding.round(row[j]));
            }
        };
    }

    /** out = softmax(scale * q k^T + bias) v for every batch and head. */
    static void attention(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Bias bias, Tensor out, Rounding rounding) {
        int queries = Math.toIntExact(q.dim(1));
        int keys = Math.toIntExact(k.dim(1));
        int width = Math.toIntExact(v.dim(2)) / heads;
        for (int batch = 0; batch < q.dim(0); batch++) {
            for (int head = 0; head < heads; head++) {
                double[] values = head(v, batch, head, heads); // [keys, width]
                Scores scores = new Scores(q, k, batch, head, heads, scale, bias, rounding);
                double[] result = new double[queries * width];
                double[] sum = new double[width];
                for (int i = 0; i < queries; i++) {
                    double[] probabilities = scores.softmaxRow(i);
                    Arrays.fill(sum, 0);
                    for (int j = 0; j < keys; j++) {
                        for (int d = 0; d < width; d++) {
                            sum[d] += probabilities[j] * values[j * width + d];
                        }
                    }
                    for (int d = 0; d < width; d++) {
                        result[i * width + d] = rounding.round(sum[d]);
                    }
                }
                Elements.write(result, headView(out, batch, head, heads));
            }
        }
    }

    /** out[b, head, i, j] = softmax over j of scale * q_i k_j. */
    static void weights(Tensor q, Tensor k, int heads, float scale, Tensor out, Rounding rounding) {
        for (int batch = 0; batch < q.dim(0); batch++) {
            for (int head = 0; head < heads; head++) {
                Scores scores = new Scores(q, k, batch, head, heads, scale, NO_BIAS, rounding);
                Tensor rows = out.select(0, batch).select(0, head);
                for (int i = 0; i < q.dim(1); i++) {
                    Elements.writeRow(scores.softmaxRow(i), 0, rows, i);
                }
            }
        }
    }

    /** Columns of one head as a view [tokens, width]. */
    static Tensor headView(Tensor x, int batch, int head, int heads) {
        long width = x.dim(2) / heads;
        return x.select(0, batch).slice(1, head * width, (head + 1) * width);
    }

    static double[] head(Tensor x, int batch, int head, int heads) {
        return Elements.read(headView(x, batch, head, heads));
    }

    /** The rows of softmax(scale * q k^T + bias) of one batch and head. */
    static final class Scores {
        private final double[] queries; // [Nq, hd]
        private final double[] keys; // [Nk, hd]
        private final int width;
        private final double[] row; // [Nk]
        private final int batch;
        private final int head;
        private final double scale;
        private final Bias bias;
        private final Rounding rounding;

        Scores(Tensor q, Tensor k, int batch, int head, int heads, double scale, Bias bias, Rounding rounding) {
            this.queries = head(q, batch, head, heads);
            this.keys = head(k, batch, head, heads);
            this.width = Math.toIntExact(q.dim(2)) / heads;
            this.row = new double[Math.toIntExact(k.dim(1))];
            this.batch = batch;
            this.head = head;
            this.scale = scale;
            this.bias = bias;
            this.rounding = rounding;
        }

        /** The weights of one query; overwritten by the next call. */
        double[] softmaxRow(int query) {
            for (int j = 0; j < row.length; j++) {
                double dot = 0;
                for (int d = 0; d < width; d++) {
                    dot += queries[query * width + d] * keys[j * width + d];
                }
                row[j] = rounding.round(scale * rounding.round(dot));
            }
            bias.addTo(row, batch, head, query);
            NormOps.softmax(row);
            rounding.round(row);
            return row;
        }
    }
}
