package dev.earshot.tensor.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Every check of every training op: the whole text of its message, and the nearest call that is legal. */
class TrainingChecksTest {
    private static final DType F32 = DType.F32;
    private static final DType BF16 = DType.BF16;
    private static final DType I32 = DType.I32;

    /** A layer of which only the outside matters. */
    private record Layer(long inputWidth, long outputWidth, DType computeType) implements Linear {}

    private static Tensor of(DType dtype, long... dims) {
        Shape shape = Shape.of(dims);
        byte[] bytes = new byte[Math.toIntExact(shape.elements() * dtype.bytes())];
        return Tensor.ofHost(MemorySegment.ofArray(bytes), dtype, shape);
    }

    private static Tensor f32(long... dims) {
        return of(F32, dims);
    }

    /** A tensor [rows, columns] whose innermost stride is not 1. */
    private static Tensor turned(long rows, long columns) {
        return f32(columns, rows).transpose(0, 1);
    }

    private static void refused(String message, Runnable check) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, check::run).getMessage());
    }

    @Test
    void fillAndSumsNameWrongArguments() {
        TrainingChecks.fill(turned(2, 3));
        refused("fill out: expected dtype [F32, BF16], got i32 [2]", () -> TrainingChecks.fill(of(I32, 2)));
        TrainingChecks.accumulate(of(BF16, 4, 1, 5), f32(6, 1));
        refused(
                "accumulate x: expected dtype [F32, BF16], got i32 [2]",
                () -> TrainingChecks.accumulate(of(I32, 2), f32(2)));
        refused(
                "accumulate out: expected dtype [F32], got bf16 [2]",
                () -> TrainingChecks.accumulate(f32(2), of(BF16, 2)));
        refused(
                "accumulate x: expected along each axis the size of [4, 3], or 1 in one of them, got f32 [2, 3]",
                () -> TrainingChecks.accumulate(f32(2, 3), f32(4, 3)));
        Tensor same = f32(2);
        refused(
                "accumulate out: expected memory of its own, got that of input f32 [2]",
                () -> TrainingChecks.accumulate(same, same));
    }

    @Test
    void accumulateProductNamesWrongArguments() {
        TrainingChecks.accumulateProduct(f32(4, 1, 9), of(BF16, 5, 1), f32(4, 5, 9));
        TrainingChecks.accumulateProduct(f32(4, 1, 9), f32(5, 1), f32(1));
        refused(
                "accumulateProduct b: expected along each axis the size of [2, 3], or 1 in one of them, got f32 [2]",
                () -> TrainingChecks.accumulateProduct(f32(2, 3), f32(2), f32(2, 3)));
        refused(
                "accumulateProduct out: expected along each axis the size of [2, 3], or 1 in one of them, got f32 [4, 3]",
                () -> TrainingChecks.accumulateProduct(f32(2, 3), f32(3), f32(4, 3)));
        refused(
                "accumulateProduct a: expected dtype [F32, BF16], got i32 [3]",
                () -> TrainingChecks.accumulateProduct(of(I32, 3), f32(3), f32(3)));
        refused(
                "accumulateProduct b: expected dtype [F32, BF16], got i32 [3]",
                () -> TrainingChecks.accumulateProduct(f32(3), of(I32, 3), f32(3)));
        refused(
                "accumulateProduct out: expected dtype [F32], got bf16 [3]",
                () -> TrainingChecks.accumulateProduct(f32(3), f32(3), of(BF16, 3)));
    }

    @Test
    void accumulateMatmulNamesWrongArguments() {
        TrainingChecks.accumulateMatmul(f32(2, 3, 4), of(BF16, 1, 4, 5), f32(1, 3, 5));
        TrainingChecks.accumulateMatmul(turned(3, 4), turned(4, 5), f32(3, 5));
        refused(
                "accumulateMatmul a: expected rank >= 2, got f32 [4]",
                () -> TrainingChecks.accumulateMatmul(f32(4), f32(4), f32(4)));
        refused(
                "accumulateMatmul b: expected rank 3, got f32 [4, 5]",
                () -> TrainingChecks.accumulateMatmul(f32(2, 3, 4), f32(4, 5), f32(2, 3, 5)));
        refused(
                "accumulateMatmul out: expected rank 3, got f32 [3, 5]",
                () -> TrainingChecks.accumulateMatmul(f32(2, 3, 4), f32(2, 4, 5), f32(3, 5)));
        refused(
                "accumulateMatmul b: expected [..., 4, N] for a [3, 4], got f32 [5, 5]",
                () -> TrainingChecks.accumulateMatmul(f32(3, 4), f32(5, 5), f32(3, 5)));
        refused(
                "accumulateMatmul out: expected [..., 3, 5], got f32 [5, 3]",
                () -> TrainingChecks.accumulateMatmul(f32(3, 4), f32(4, 5), f32(5, 3)));
        refused(
                "accumulateMatmul b: expected leading sizes equal to those of a [2, 3, 4] or 1, got f32 [3, 4, 5]",
                () -> TrainingChecks.accumulateMatmul(f32(2, 3, 4), f32(3, 4, 5), f32(2, 3, 5)));
        refused(
                "accumulateMatmul out: expected leading sizes equal to those of a [2, 3, 4] or 1, got f32 [3, 3, 5]",
                () -> TrainingChecks.accumulateMatmul(f32(2, 3, 4), f32(2, 4, 5), f32(3, 3, 5)));
        refused(
                "accumulateMatmul out: expected dtype [F32], got bf16 [3, 5]",
                () -> TrainingChecks.accumulateMatmul(f32(3, 4), f32(4, 5), of(BF16, 3, 5)));
    }

    @Test
    void linearBackwardNamesWrongArguments() {
        Linear layer = new Layer(4, 3, BF16);
        TrainingChecks.linearBackward(f32(2, 3), layer, f32(2, 4));
        refused(
                "linearBackward gradOut: expected [..., 3], got f32 [2, 4]",
                () -> TrainingChecks.linearBackward(f32(2, 4), layer, f32(2, 4)));
        refused(
                "linearBackward gradOut: expected dtype [F32], got bf16 [2, 3]",
                () -> TrainingChecks.linearBackward(of(BF16, 2, 3), layer, f32(2, 4)));
        refused(
                "linearBackward gradX: expected shape [2, 4], got f32 [2, 3]",
                () -> TrainingChecks.linearBackward(f32(2, 3), layer, f32(2, 3)));
        refused(
                "linearBackward gradX: expected an innermost stride of 1, got f32 [2, 4] strides [1, 2]; copy it first",
                () -> TrainingChecks.linearBackward(f32(2, 3), layer, turned(2, 4)));
    }

    @Test
    void rowWiseBackwardOpsNameWrongArguments() {
        TrainingChecks.layerNormBackward(of(BF16, 2, 3), f32(3), f32(2, 3), f32(2, 3));
        refused(
                "layerNormBackward gamma: expected shape [3], got f32 [2]",
                () -> TrainingChecks.layerNormBackward(f32(2, 3), f32(2), f32(2, 3), f32(2, 3)));
        refused(
                "layerNormBackward x: expected rank >= 1, got f32 []",
                () -> TrainingChecks.layerNormBackward(f32(), f32(), f32()));
        refused(
                "layerNormBackward gradOut: expected shape [2, 3], got f32 [3]",
                () -> TrainingChecks.layerNormBackward(f32(2, 3), f32(3), f32(2, 3)));
        refused(
                "softmaxBackward gradX: expected dtype [F32], got bf16 [2, 3]",
                () -> TrainingChecks.softmaxBackward(f32(2, 3), f32(2, 3), of(BF16, 2, 3)));
        refused(
                "l2NormalizeBackward x: expected an innermost stride of 1, got f32 [2, 3] strides [1, 2]; copy it first",
                () -> TrainingChecks.l2NormalizeBackward(turned(2, 3), f32(2, 3), f32(2, 3)));
        Tensor same = f32(2, 3);
        refused(
                "softmaxBackward gradX: expected memory of its own, got that of input f32 [2, 3]",
                () -> TrainingChecks.softmaxBackward(f32(2, 3), same, same));
    }

    @Test
    void layerNormParametersBackwardNamesWrongArguments() {
        Tensor both = f32(3);
        TrainingChecks.layerNormParametersBackward(of(BF16, 2, 3), f32(2, 3), both, both);
        refused(
                "layerNormParametersBackward gradGamma: expected shape [3], got f32 [2]",
                () -> TrainingChecks.layerNormParametersBackward(f32(2, 3), f32(2, 3), f32(2), f32(3)));
        refused(
                "layerNormParametersBackward gradBeta: expected dtype [F32], got bf16 [3]",
                () -> TrainingChecks.layerNormParametersBackward(f32(2, 3), f32(2, 3), f32(3), of(BF16, 3)));
    }

    @Test
    void attentionBackwardNamesWrongArguments() {
        Tensor q = f32(2, 5, 6);
        Tensor kv = f32(2, 7, 6);
        TrainingChecks.attentionBackward(q, kv, kv, 3, f32(2, 5, 6), f32(2, 5, 6), f32(2, 7, 6), f32(2, 7, 6));
        TrainingChecks.attentionBackwardBias(q, kv, 3, f32(1, 3, 1, 7));
        refused(
                "attentionBackward k: expected [2, Nk, 6] for q [2, 5, 6], got f32 [2, 7, 3]",
                () -> TrainingChecks.attentionBackward(q, f32(2, 7, 3), kv, 3, f32(2, 5, 6), f32(2, 5, 6)));
        refused(
                "attentionBackward gradOut: expected shape [2, 5, 6], got f32 [2, 7, 6]",
                () -> TrainingChecks.attentionBackward(q, kv, kv, 3, kv, f32(2, 5, 6)));
        refused(
                "attentionBackward gradK: expected shape [2, 7, 6], got f32 [2, 5, 6]",
                () -> TrainingChecks.attentionBackward(
                        q, kv, kv, 3, f32(2, 5, 6), f32(2, 5, 6), f32(2, 5, 6), f32(2, 7, 6)));
        refused(
                "attentionBackward gradV: expected memory of its own, got that of input f32 [2, 7, 6]",
                () -> TrainingChecks.attentionBackward(q, kv, kv, 3, f32(2, 5, 6), f32(2, 5, 6), f32(2, 7, 6), kv));
        refused(
                "attentionBackward bias: expected [2 or 1, 3 or 1, 5 or 1, 7], got f32 [1, 2, 1, 7]",
                () -> TrainingChecks.attentionBackwardBias(q, kv, 3, f32(1, 2, 1, 7)));
    }

    @Test
    void crossModalAttentionNamesWrongArguments() {
        Tensor u = f32(2, 5, 6);
        Tensor t = f32(2, 3, 6);
        TrainingChecks.crossModalAttention(u, t, f32(1), f32(2, 5, 6));
        TrainingChecks.crossModalAttentionBackward(u, t, f32(1), f32(2, 5, 6), f32(2, 5, 6), f32(2, 3, 6), f32(1));
        refused(
                "crossModalAttention t: expected [2, m > 0, 6], got f32 [2, 3, 5]",
                () -> TrainingChecks.crossModalAttention(u, f32(2, 3, 5), f32(1), f32(2, 5, 6)));
        refused(
                "crossModalAttention gate: expected shape [1], got f32 []",
                () -> TrainingChecks.crossModalAttention(u, t, f32(), f32(2, 5, 6)));
        refused(
                "crossModalAttention u: expected dtype [F32], got bf16 [2, 5, 6]",
                () -> TrainingChecks.crossModalAttention(of(BF16, 2, 5, 6), t, f32(1), f32(2, 5, 6)));
        refused(
                "crossModalAttention out: expected memory of its own, got that of input f32 [2, 5, 6]",
                () -> TrainingChecks.crossModalAttention(u, t, f32(1), u));
        refused(
                "crossModalAttentionBackward gradT: expected shape [2, 3, 6], got f32 [2, 5, 6]",
                () -> TrainingChecks.crossModalAttentionBackward(
                        u, t, f32(1), f32(2, 5, 6), f32(2, 5, 6), f32(2, 5, 6), f32(1)));
    }

    @Test
    void elementwiseAndReducingBackwardOpsNameWrongArguments() {
        TrainingChecks.unaryBackward(turned(2, 3), f32(2, 3), turned(2, 3));
        refused(
                "unaryBackward gradOut: expected shape [2, 3], got f32 [3]",
                () -> TrainingChecks.unaryBackward(f32(2, 3), f32(3), f32(2, 3)));
        refused(
                "unaryBackward x: expected dtype [F32, BF16], got i32 [3]",
                () -> TrainingChecks.unaryBackward(of(I32, 3), f32(3), f32(3)));
        TrainingChecks.reduceBackward(ReduceOp.MAX, f32(2, 3, 4), -2, f32(2, 4), f32(2, 3, 4));
        refused(
                "reduceBackward op: expected MAX, MIN or LOG_SUM_EXP, got SUM; accumulate does it",
                () -> TrainingChecks.reduceBackward(ReduceOp.SUM, f32(2, 3), 0, f32(3), f32(2, 3)));
        refused(
                "reduceBackward axis: expected an axis of f32 [2, 3], got 2",
                () -> TrainingChecks.reduceBackward(ReduceOp.MAX, f32(2, 3), 2, f32(3), f32(2, 3)));
        refused(
                "reduceBackward gradOut: expected shape [3], got f32 [2]",
                () -> TrainingChecks.reduceBackward(ReduceOp.MAX, f32(2, 3), 0, f32(2), f32(2, 3)));
    }

    @Test
    void adamNamesWrongArguments() {
        TrainingChecks.adam(f32(4), f32(4), f32(4), f32(4), f32(10));
        refused(
                "adam gradient: expected shape [4], got f32 [3]",
                () -> TrainingChecks.adam(f32(4), f32(3), f32(4), f32(4), f32(10)));
        refused(
                "adam secondMoment: expected dtype [F32], got bf16 [4]",
                () -> TrainingChecks.adam(f32(4), f32(4), f32(4), of(BF16, 4), f32(10)));
        refused(
                "adam scalars: expected shape [10], got f32 [9]",
                () -> TrainingChecks.adam(f32(4), f32(4), f32(4), f32(4), f32(9)));
        Tensor same = f32(4);
        refused(
                "adam firstMoment: expected memory of its own, got that of input f32 [4]",
                () -> TrainingChecks.adam(same, f32(4), same, f32(4), f32(10)));
    }
}
