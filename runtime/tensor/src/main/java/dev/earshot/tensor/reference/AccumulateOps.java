package dev.earshot.tensor.reference;

import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import dev.earshot.tensor.internal.TrainingChecks;
import java.util.Arrays;

/** Definitions of the sums into gradients. */
final class AccumulateOps {
    private AccumulateOps() {}

    static void fill(Tensor out, float value) {
        double[] values = new double[Math.toIntExact(out.shape().elements())];
        Arrays.fill(values, value);
        Elements.write(values, out);
    }

    /** out += alpha * x, summed where out has size 1. */
    static void accumulate(Tensor x, float alpha, Tensor out, Rounding rounding) {
        Shape loops = TrainingChecks.union(x.shape(), out.shape());
        double[] values = Elements.read(x.broadcast(loops.toArray()));
        for (int i = 0; i < values.length; i++) {
            values[i] *= alpha;
        }
        addSums(values, loops, out, rounding);
    }

    /** out += a * b, summed where out has size 1. */
    static void accumulateProduct(Tensor a, Tensor b, Tensor out, Rounding rounding) {
        Shape loops = TrainingChecks.union(TrainingChecks.union(a.shape(), b.shape()), out.shape());
        double[] values = Elements.read(a.broadcast(loops.toArray()));
        double[] factors = Elements.read(b.broadcast(loops.toArray()));
        for (int i = 0; i < values.length; i++) {
            values[i] = rounding.round(values[i] * factors[i]);
        }
        addSums(values, loops, out, rounding);
    }

    /** out += the sums of {@code values}, which has the sizes {@code loops}, along the axes where out has size 1. */
    private static void addSums(double[] values, Shape loops, Tensor out, Rounding rounding) {
        double[] sums = new double[Math.toIntExact(out.shape().elements())];
        for (int i = 0; i < values.length; i++) {
            int at = 0;
            int step = 1;
            int rest = i;
            for (int axis = 1; axis <= loops.rank(); axis++) {
                int index = rest % Math.toIntExact(loops.dim(-axis));
                rest /= Math.toIntExact(loops.dim(-axis));
                if (axis <= out.shape().rank() && out.dim(-axis) > 1) {
                    at += index * step;
                    step *= Math.toIntExact(out.dim(-axis));
                }
            }
            sums[at] += values[i];
        }
        Gradients.add(sums, out, rounding);
    }

    /** out += alpha * a b over all leading axes, summed where out's leading size is 1. */
    static void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out, Rounding rounding) {
        int rank = a.shape().rank();
        long[] right = a.shape().toArray();
        right[rank - 2] = b.dim(-2);
        right[rank - 1] = b.dim(-1);
        double[] left = rounding.operands(Gradients.read(a, rounding));
        double[] factors = rounding.operands(Gradients.read(b.broadcast(right), rounding));
        int m = Math.toIntExact(a.dim(-2));
        int inner = Math.toIntExact(a.dim(-1));
        int n = Math.toIntExact(b.dim(-1));
        Shape loops = a.shape().with(-1, n);
        double[] products = new double[Math.toIntExact(loops.elements())];
        for (int row = 0; row < (n == 0 ? 0 : products.length / n); row++) {
            for (int k = 0; k < inner; k++) {
                double scale = alpha * left[row * inner + k];
                int at = (row / m * inner + k) * n;
                for (int j = 0; j < n; j++) {
                    products[row * n + j] += scale * factors[at + j];
                }
            }
        }
        addSums(products, loops, out, rounding);
    }

    /** gradX += gradOut W. */
    static void linearBackward(Tensor gradOut, ReferenceLinear layer, Tensor gradX, Rounding rounding) {
        double[] grad = rounding.operands(Gradients.read(gradOut, rounding));
        int in = layer.in();
        int out = layer.out();
        double[] sums = new double[Math.toIntExact(gradX.shape().elements())];
        for (int row = 0; row < (in == 0 ? 0 : sums.length / in); row++) {
            for (int i = 0; i < in; i++) {
                double sum = 0;
                for (int o = 0; o < out; o++) {
                    sum += grad[row * out + o] * layer.transposed()[i * out + o];
                }
                sums[row * in + i] = sum;
            }
        }
        Gradients.add(sums, gradX, rounding);
    }
}
