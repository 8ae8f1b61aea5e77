package dev.earshot.bench.work;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;

/**
 * The work of one op call, from its name and arguments; counts follow the conventions of the op table
 * ({@link dev.earshot.tensor.cases.OpCase}), with which a test compares them.
 */
final class OpWork {
    /** Iterations of one start of k-means on features like ours, as the op table takes it. */
    private static final int USUAL_KMEANS_ITERATIONS = 7;
    /** As the op table counts the two interpolations. */
    private static final int FLOPS_PER_MASK_PIXEL = 18;

    private OpWork() {}

    /** Of a method of Backend or TrainingOps that takes tensors; methods that compute nothing give their bytes alone. */
    static Work of(String op, Object[] arguments) {
        double bytes = 0;
        for (Object argument : arguments) {
            bytes += switch (argument) {
                case Tensor tensor -> elements(tensor) * tensor.dtype().bytes();
                case Linear layer ->
                    (double) layer.inputWidth()
                            * layer.outputWidth()
                            * layer.computeType().bytes();
                case Convolution layer ->
                    (double) layer.weightShape().elements()
                            * layer.computeType().bytes();
                default -> 0;
            };
        }
        return new Work(flops(op, arguments), bytes);
    }

    private static double flops(String op, Object[] a) {
        return switch (op) {
            case "linear", "linearBackward" -> {
                Linear layer = argument(a, Linear.class);
                Tensor x = (Tensor) a[0];
                yield 2 * elements(x) / x.dim(-1) * layer.inputWidth() * layer.outputWidth();
            }
            case "matmul", "accumulateMatmul" -> 2 * elements(a[0]) * ((Tensor) a[1]).dim(-1);
            case "conv2d" -> convolution((Convolution) a[1], (Tensor) a[2]);
            case "attention", "attentionWeights" -> attention(a, 1, op.equals("attention") ? 1 : 0);
            case "attentionBackward" -> attention(a, 3, 2);
            case "gridAttention" -> gridAttention(a);
            case "crossModalAttention" -> 4 * elements(a[0]) * ((Tensor) a[1]).dim(1);
            case "crossModalAttentionBackward" -> 12 * elements(a[0]) * ((Tensor) a[1]).dim(1);
            case "pixelMatching" -> pixelMatching((Tensor) a[0], (Tensor) a[1], (PixelMatching) a[2]);
            case "pixelMatchingBackward" -> 8 * (elements(a[0]) + elements(a[1]));
            case "cosineKMeans" -> kMeans((Tensor) a[0], (KMeansSettings) a[2]);
            case "measureMasks" -> ((Tensor) a[0]).dim(0) * pixels((MaskResize) a[1]) * FLOPS_PER_MASK_PIXEL;
            case "maskBits" -> ((Tensor) a[1]).dim(0) * pixels((MaskResize) a[2]) * FLOPS_PER_MASK_PIXEL;
            default -> elementwise(op, a);
        };
    }

    private static double elementwise(String op, Object[] a) {
        return switch (op) {
            case "unary" -> elements(a[1]);
            case "binary" -> elements(a[3]);
            case "affine" -> 2 * elements(a[0]);
            case "reduce" -> elements(a[1]);
            case "argmax", "mergeTopK" -> elements(a[0]);
            case "layerNorm" -> 8 * elements(a[0]);
            case "softmax" -> 6 * elements(a[0]);
            case "l2Normalize" -> 4 * elements(a[0]);
            case "normalizeImage" -> 3 * elements(a[0]);
            case "resize" -> (a[1] == Interpolation.BICUBIC ? 32 : 8) * elements(a[a.length - 1]);
            case "pool2d" -> elements(a[a.length - 1]) * (int) a[2] * (int) a[2];
            case "layerNormBackward", "layerNormParametersBackward", "softmaxBackward", "l2NormalizeBackward" ->
                12 * elements(a[0]);
            case "unaryBackward" -> 20 * elements(a[1]);
            case "reduceBackward" -> 4 * elements(a[1]);
            case "accumulate", "accumulateProduct" -> 2 * elements(a[0]);
            case "adam" -> 15 * elements(a[0]);
            default -> 0; // copies, cuts and fills
        };
    }

    private static double convolution(Convolution layer, Tensor out) {
        return 2.0
                * elements(out)
                * layer.weightShape().elements()
                / layer.weightShape().dim(0);
    }

    /** So many products of queries with keys' width and with values' width. */
    private static double attention(Object[] a, int ofKeys, int ofValues) {
        Tensor q = (Tensor) a[0];
        Tensor k = (Tensor) a[1];
        double pairs = 2.0 * q.dim(0) * q.dim(1) * k.dim(1);
        double values = ofValues == 0 ? 0 : ((Tensor) a[2]).dim(-1);
        return pairs * (ofKeys * q.dim(-1) + ofValues * values);
    }

    /** Scores, weighting, and each query with the distances to its keys along both sides. */
    private static double gridAttention(Object[] a) {
        Tensor q = (Tensor) a[0];
        Tensor v = (Tensor) a[2];
        double sides = (((Tensor) a[5]).dim(0) + ((Tensor) a[6]).dim(0) + 2) / 2.0;
        double tokens = q.dim(1);
        return 2 * q.dim(0) * tokens * (tokens * (q.dim(-1) + v.dim(-1)) + sides * q.dim(-1));
    }

    private static double pixelMatching(Tensor f, Tensor g, PixelMatching settings) {
        double reach = settings.searches()
                ? Math.min(f.dim(1), 2.0 * settings.rangeY() + 1)
                        * Math.min(f.dim(2), 2.0 * settings.rangeX(Math.toIntExact(f.dim(2))) + 1)
                : 1;
        return 2 * elements(g) * reach + 2 * (elements(f) + elements(g));
    }

    private static double kMeans(Tensor x, KMeansSettings settings) {
        int each = settings.tolerance() == 0 ? settings.maxIterations() : USUAL_KMEANS_ITERATIONS;
        return 2 * elements(x) * settings.clusters() * settings.restarts() * each;
    }

    private static double pixels(MaskResize resize) {
        return (double) resize.height() * resize.width();
    }

    private static <T> T argument(Object[] arguments, Class<T> type) {
        for (Object argument : arguments) {
            if (type.isInstance(argument)) {
                return type.cast(argument);
            }
        }
        throw new IllegalArgumentException("op: expected an argument of type " + type.getSimpleName() + ", got none");
    }

    private static double elements(Object tensor) {
        return ((Tensor) tensor).shape().elements();
    }
}
