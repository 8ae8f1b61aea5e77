package dev.earshot.bench.suite;

import java.util.List;

/**
 * The benchmarks of JMH that a run has: the costly ops at the models' shapes, the ops bound by memory, whole passes.
 *
 * @param benchmark simple name of the class
 * @param parameter what the values set; empty where the class has none
 * @param values rows of the op table, or models with their batch
 * @param quick how many of the first of them a quick run has
 */
record JmhPlan(String benchmark, String parameter, List<String> values, int quick) {
    /** What JMH's own bookkeeping allocates shows in a benchmark that does nothing. */
    static final String EMPTY = "EmptyBench";
    /** Whole passes, whose allocation must be nothing. */
    static final String FORWARD = "ForwardBench";
    /** A frame of a clip, from picture and sound to the mask. */
    static final String FRAME = "FrameBench";
    /** The parameter that all benchmarks of ours have. */
    static final String BACKEND = "backendName";

    static final List<JmhPlan> ALL = List.of(
            new JmhPlan(EMPTY, "", List.of(), 1),
            rows(
                    "LinearBench",
                    2,
                    "linear 197x768-2304 none f32-f32",
                    "linear 257x1280-5120 gelu f32-f32",
                    "linear 197x768-3072 gelu f32-f32",
                    "linear 257x5120-1280 none residual inplace f32",
                    "linear 1576x768-3072 gelu f32-f32",
                    "linear 1x1280-1024 none nobias f32-f32",
                    "linear 197x768-2304 none bf16-bf16",
                    "linear 257x1280-5120 gelu bf16-bf16",
                    "linear 257x5120-1280 none residual inplace bf16"),
            rows(
                    "MatmulBench",
                    0,
                    "matmul 1024x1024*1024x1024 alpha1.0 f32-f32 b",
                    "matmul 256x1280*1280x16 alpha1.0 f32-f32 b transposed",
                    "matmul 1024x1024*1024x1024 alpha1.0 bf16-f32 b"),
            rows(
                    "ConvolutionBench",
                    1,
                    "conv2d 1x3x224x224*768x3x16x16 s16.16 p0.0 d1.1 g1 f32-f32",
                    "conv2d 1x128x48x64*256x128x3x3 s1.1 p1.1 d1.1 g1 f32-f32"),
            rows(
                    "AttentionBench",
                    1,
                    "attention b1 q257 k257 h16x80 f32-f32",
                    "attention b1 q197 k197 h12x64 f32-f32",
                    "attention b8 q257 k257 h16x80 f32-f32",
                    "attention b1 q257 k257 h16x80 bf16-bf16",
                    "attentionBackward qkv b1 q257 k257 h16x80 f32"),
            rows(
                    "GridAttentionBench",
                    0,
                    "gridAttention qkv b25 14x14 h12x64 f32",
                    "gridAttention qkv b1 64x64 h12x64 f32"),
            rows("CrossModalAttentionBench", 0, "crossModalAttention 8x257x32 m4"),
            rows(
                    "PixelMatchingBench",
                    1,
                    "pixelMatching 8x16x16x1280 scanline w1 image l1.0,1.0 f32 against 2",
                    "pixelMatchingBackward 8x16x16x1280 scanline w1 image l1.0,1.0 f32 against 2",
                    "pixelMatching 8x16x16x1280 search_2d reach15,15 w1 image l1.0,1.0 f32 against 2"),
            rows(
                    "KMeansBench",
                    1,
                    "cosineKMeans 5x256x1280 k4 restarts4 iterations100",
                    "cosineKMeans 1x4096x1024 k64 restarts1 iterations20"),
            rows("TopKBench", 0, "mergeTopK 2048x2048 k7"),
            rows("MaskMeasureBench", 0, "measureMasks 192x256x256 to 1024x1024 cut 1024x1024 to 224x224 discs"),
            rows("MaskBitsBench", 0, "maskBits 192x256x256 to 1024x1024 cut 1024x1024 to 224x224 discs"),
            rows(
                    "LayerNormBench",
                    1,
                    "layerNorm 1x257x1280 f32-f32",
                    "layerNorm 1x197x768 f32-f32",
                    "layerNormBackward 24x257x1280 f32"),
            rows("SoftmaxBench", 1, "softmax 12x197x197 scale0.125 f32-f32"),
            rows("L2NormalizeBench", 0, "l2Normalize 1x256x1280 f32-f32"),
            rows("ReduceBench", 0, "reduce sum 1x256x1280 axis1 f32-f32"),
            rows(
                    "ElementwiseBench",
                    1,
                    "binary add 24x257x1280.24x257x1280 f32-f32",
                    "unary gelu 197x3072 f32-f32",
                    "copy 24x257x1280-24x257x1280 f32-f32 transposed",
                    "fill 24x257x1280 f32",
                    "adam 1314840"),
            rows("UnfoldBench", 0, "unfold 1x3x224x224 k14 s14 f32-f32"),
            rows("WindowBench", 0, "partitionWindows 1x64x64x2304 by 14 f32-f32"),
            rows("ResizeBench", 0, "resize bilinear 1x4x16x16-224x224 f32-f32"),
            new JmhPlan(FRAME, BACKEND, List.of("cpu"), 1),
            new JmhPlan(FORWARD, "modelBatch", List.of("dino-vitb16:1", "imagebind-image:1"), 1));

    private static JmhPlan rows(String benchmark, int quick, String... rows) {
        return new JmhPlan(benchmark, "row", List.of(rows), quick);
    }

    /** The same with the values that this machine and this effort take; bf16 only where it is fast. */
    JmhPlan on(boolean bf16, boolean few) {
        List<String> fit = values.stream()
                .filter(value -> bf16 || !value.contains("bf16"))
                .limit(few ? quick : values.size())
                .toList();
        return new JmhPlan(benchmark, parameter, fit, quick);
    }

    /** True if nothing of it is left to run. */
    boolean isEmpty() {
        return values.isEmpty() && !parameter.isEmpty();
    }

    /** The values for JMH's options. */
    String[] parameters() {
        return values.toArray(String[]::new);
    }
}
