package dev.earshot.tensor;

/**
 * The ops that training adds to those of a {@link Backend}: the backward twin of each differentiable op, sums into
 * gradients, and the optimiser's step. Reached by {@link Backend#training()}; the rules of {@link Backend} about shapes,
 * views, threads, capturing and repeatable bits hold here too.
 *
 * <p>Gradients are F32 whatever the type of the forward tensors, and every op <b>adds</b> to the gradients it is given, so
 * that a tensor with several consumers collects all of their contributions. Two gradient arguments of one call may be the
 * same tensor. A forward argument has the value that it had in the forward pass; what the backward op can recompute from
 * it (statistics, attention weights) is not asked for.
 */
public interface TrainingOps {
    /** out = value, everywhere; any strides. */
    void fill(Tensor out, float value);

    /**
     * out += alpha * x. Along each axis x and out have equal sizes or one of them has size 1: a single x is repeated, into a
     * single out is summed. Missing leading axes count as 1.
     *
     * @param x F32 or BF16
     * @param out F32
     */
    void accumulate(Tensor x, float alpha, Tensor out);

    /** out += a * b with the axis rules of {@link #accumulate} for all three. */
    void accumulateProduct(Tensor a, Tensor b, Tensor out);

    /**
     * out += alpha * a b, batched; leading axes where out has size 1 are summed.
     *
     * @param a [..., M, K], F32 or BF16; any strides
     * @param b [..., K, N]; leading sizes equal to a's or 1; any strides
     * @param out F32 [..., M, N]; leading sizes equal to a's or 1
     */
    void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out);

    /**
     * gradX += gradOut W, for {@link Backend#linear(Tensor, Linear, Activation, Tensor)} without activation. Weight and
     * bias are frozen. The layer is prepared for this use at its first call here.
     *
     * @param gradOut F32 [..., out]
     * @param gradX F32 [..., in]
     */
    void linearBackward(Tensor gradOut, Linear layer, Tensor gradX);

    /** Backward of {@link Backend#layerNorm(Tensor, float, Tensor)} in x. */
    void layerNormBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX);

    /** Backward of {@link Backend#layerNorm(Tensor, Tensor, Tensor, float, Tensor)} in x. */
    void layerNormBackward(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX);

    /**
     * Backward of {@link Backend#layerNorm(Tensor, Tensor, Tensor, float, Tensor)} in its parameters.
     *
     * @param gradGamma F32 [C]
     * @param gradBeta F32 [C]
     */
    void layerNormParametersBackward(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta);

    /**
     * Backward of {@link Backend#softmax}.
     *
     * @param y the result of the forward op
     */
    void softmaxBackward(Tensor y, float scale, Tensor gradOut, Tensor gradX);

    /** Backward of {@link Backend#attention(Tensor, Tensor, Tensor, int, float, Tensor)}; the weights are recomputed. */
    void attentionBackward(
            Tensor q,
            Tensor k,
            Tensor v,
            int heads,
            float scale,
            Tensor gradOut,
            Tensor gradQ,
            Tensor gradK,
            Tensor gradV);

    /** As the other form, for an attention whose keys and values are constants. */
    void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor gradOut, Tensor gradQ);

    /** Backward of the attention with an additive term, which is a constant. */
    void attentionBackward(
            Tensor q,
            Tensor k,
            Tensor v,
            int heads,
            float scale,
            Tensor bias,
            Tensor gradOut,
            Tensor gradQ,
            Tensor gradK,
            Tensor gradV);

    /**
     * Backward of {@link Backend#crossModalAttention}.
     *
     * @param gradU F32 [B, n, r]
     * @param gradT F32 [B, m, r]
     * @param gradGate F32 [1]
     */
    void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate);

    /** Backward of {@link Backend#unary} in x; the slope of RELU and ABS at 0 is 0. */
    void unaryBackward(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX);

    /**
     * Backward of {@link Backend#reduce} for the kinds that select or weigh: MAX and MIN pass the gradient to the first of
     * the extreme elements, LOG_SUM_EXP by softmax. (Sums and means are {@link #accumulate}.)
     *
     * @param gradOut x's shape without {@code axis}
     */
    void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX);

    /** Backward of {@link Backend#l2Normalize}; a row shorter than eps is a plain division by eps. */
    void l2NormalizeBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX);

    /**
     * Backward of {@link Backend#pixelMatching}; the winners are constants.
     *
     * @param winners as the forward op wrote them
     * @param saved as the forward op wrote it
     * @param gradCost F32 [n B], contiguous
     * @param gradF F32 [B, H, W, C]
     * @param gradG F32 [n B, H, W, C]
     */
    void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG);

    /** As the other form, for costs that were weighted sums. */
    void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor weights,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG);

    /**
     * One step of Adam or AdamW on one parameter, with what changes from step to step in a tensor so that a captured step
     * can be replayed; see {@link AdamStep} for the formula.
     *
     * @param parameter F32, changed
     * @param gradient F32, the parameter's shape
     * @param firstMoment F32, the parameter's shape, changed
     * @param secondMoment F32, the parameter's shape, changed
     * @param scalars F32 [{@value AdamStep#SCALARS}] from {@link AdamStep#scalars()}
     */
    void adam(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars);
}
