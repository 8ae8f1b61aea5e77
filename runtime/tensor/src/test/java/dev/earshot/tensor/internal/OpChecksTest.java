package dev.earshot.tensor.internal;

import static dev.earshot.tensor.internal.CheckedCalls.f32;
import static dev.earshot.tensor.internal.CheckedCalls.of;
import static dev.earshot.tensor.internal.CheckedCalls.refused;
import static dev.earshot.tensor.internal.CheckedCalls.turned;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Every check of every op: the whole text of its message, and the nearest call that is legal. */
class OpChecksTest {
    private static final DType F32 = DType.F32;
    private static final DType BF16 = DType.BF16;
    private static final DType I32 = DType.I32;

    /** A layer of which only the outside matters. */
    private record Layer(long inputWidth, long outputWidth, DType computeType) implements Linear {}

    @Test
    void linearArgumentsAreNamedWhenWrong() {
        Linear layer = new Layer(4, 3, F32);
        OpChecks.linear(f32(2, 4), layer, of(BF16, 2, 3));
        OpChecks.linear(f32(4), layer, f32(3));
        OpChecks.linear(f32(0, 4), layer, f32(0, 3));
        refused("linear x: expected rank >= 1, got f32 []", () -> OpChecks.linear(f32(), layer, f32(3)));
        refused(
                "linear x: expected dtype [F32], got bf16 [2, 4]",
                () -> OpChecks.linear(of(BF16, 2, 4), layer, f32(2, 3)));
        refused("linear x: expected [..., 4], got f32 [2, 5]", () -> OpChecks.linear(f32(2, 5), layer, f32(2, 3)));
        refused(
                "linear out: expected shape [2, 3], got f32 [3, 2]",
                () -> OpChecks.linear(f32(2, 4), layer, f32(3, 2)));
        refused(
                "linear out: expected dtype [F32, BF16], got i32 [2, 3]",
                () -> OpChecks.linear(f32(2, 4), layer, of(I32, 2, 3)));
        refused(
                "linear x: expected an innermost stride of 1, got f32 [2, 4] strides [1, 2]; copy it first",
                () -> OpChecks.linear(turned(2, 4), layer, f32(2, 3)));
        refused(
                "linear out: expected an innermost stride of 1, got f32 [2, 3] strides [1, 2]; copy it first",
                () -> OpChecks.linear(f32(2, 4), layer, turned(2, 3)));
        Tensor same = f32(2, 4);
        refused(
                "linear out: expected memory of its own, got that of input f32 [2, 4]",
                () -> OpChecks.linear(same, layer, same.slice(1, 0, 3)));
    }

    @Test
    void linearWithResidualArgumentsAreNamedWhenWrong() {
        Linear layer = new Layer(4, 3, F32);
        Tensor x = f32(2, 4);
        Tensor stream = f32(2, 3);
        OpChecks.linear(x, layer, stream, stream);
        refused(
                "linear residual: expected dtype [F32], got bf16 [2, 3]",
                () -> OpChecks.linear(x, layer, of(BF16, 2, 3), stream));
        refused("linear residual: expected shape [2, 3], got f32 [3]", () -> OpChecks.linear(x, layer, f32(3), stream));
        refused(
                "linear residual: expected an innermost stride of 1, got f32 [2, 3] strides [1, 2]; copy it first",
                () -> OpChecks.linear(x, layer, turned(2, 3), stream));
        refused(
                "linear out: expected dtype [F32], got bf16 [2, 3]",
                () -> OpChecks.linear(x, layer, stream, of(BF16, 2, 3)));
    }

    @Test
    void matmulArgumentsAreNamedWhenWrong() {
        OpChecks.matmul(f32(2, 3, 4, 5), turned(2, 1, 5, 6), f32(2, 3, 4, 6));
        refused("matmul a: expected rank >= 2, got f32 [4]", () -> OpChecks.matmul(f32(4), f32(4), f32(4)));
        refused(
                "matmul b: expected rank 3, got f32 [4, 5]",
                () -> OpChecks.matmul(f32(2, 3, 4), f32(4, 5), f32(2, 3, 5)));
        refused(
                "matmul a: expected dtype [F32, BF16], got i32 [3, 4]",
                () -> OpChecks.matmul(of(I32, 3, 4), f32(4, 5), f32(3, 5)));
        refused(
                "matmul b: expected dtype [F32], got bf16 [4, 5]",
                () -> OpChecks.matmul(f32(3, 4), of(BF16, 4, 5), f32(3, 5)));
        refused(
                "matmul out: expected dtype [F32], got bf16 [3, 5]",
                () -> OpChecks.matmul(f32(3, 4), f32(4, 5), of(BF16, 3, 5)));
        refused(
                "matmul b: expected [..., 4, N] for a [3, 4], got f32 [5, 4]",
                () -> OpChecks.matmul(f32(3, 4), f32(5, 4), f32(3, 4)));
        refused(
                "matmul b: expected leading sizes equal to those of a [4, 3, 4] or 1, got f32 [2, 4, 5]",
                () -> OpChecks.matmul(f32(4, 3, 4), f32(2, 4, 5), f32(4, 3, 5)));
        refused(
                "matmul out: expected shape [3, 5], got f32 [5, 3]",
                () -> OpChecks.matmul(f32(3, 4), f32(4, 5), f32(5, 3)));
        refused(
                "matmul a: expected an innermost stride of 1, got f32 [3, 4] strides [1, 3]; copy it first",
                () -> OpChecks.matmul(turned(3, 4), f32(4, 5), f32(3, 5)));
        refused(
                "matmul out: expected an innermost stride of 1, got f32 [3, 5] strides [1, 3]; copy it first",
                () -> OpChecks.matmul(f32(3, 4), f32(4, 5), turned(3, 5)));
        Tensor square = f32(3, 3);
        refused(
                "matmul out: expected memory of its own, got that of input f32 [3, 3]",
                () -> OpChecks.matmul(square, f32(3, 3), square));
        refused(
                "matmul out: expected memory of its own, got that of input f32 [3, 3]",
                () -> OpChecks.matmul(f32(3, 3), square, square));
    }

    @Test
    void rowWiseNormalisationsArgumentsAreNamedWhenWrong() {
        Tensor x = f32(2, 4);
        OpChecks.layerNorm(x, f32(4), f32(4), of(BF16, 2, 4));
        OpChecks.softmax(f32(4), f32(4));
        OpChecks.l2Normalize(f32(0, 4), f32(0, 4));
        refused(
                "layerNorm gamma: expected shape [4], got f32 [3]",
                () -> OpChecks.layerNorm(x, f32(3), f32(4), f32(2, 4)));
        refused(
                "layerNorm beta: expected dtype [F32], got bf16 [4]",
                () -> OpChecks.layerNorm(x, f32(4), of(BF16, 4), f32(2, 4)));
        refused(
                "layerNorm gamma: expected an innermost stride of 1, got f32 [4] strides [2]; copy it first",
                () -> OpChecks.layerNorm(x, f32(4, 2).select(1, 0), f32(4), f32(2, 4)));
        refused(
                "layerNorm out: expected memory of its own, got that of input f32 [2, 4]",
                () -> OpChecks.layerNorm(x, x));
        refused("softmax x: expected rank >= 1, got f32 []", () -> OpChecks.softmax(f32(), f32()));
        refused(
                "softmax x: expected dtype [F32, BF16], got i32 [2, 4]",
                () -> OpChecks.softmax(of(I32, 2, 4), f32(2, 4)));
        refused(
                "softmax out: expected dtype [F32, BF16], got f16 [2, 4]",
                () -> OpChecks.softmax(x, of(DType.F16, 2, 4)));
        refused("softmax out: expected memory of its own, got that of input f32 [2, 4]", () -> OpChecks.softmax(x, x));
        refused("l2Normalize out: expected shape [2, 4], got f32 [8]", () -> OpChecks.l2Normalize(x, f32(8)));
        refused(
                "l2Normalize x: expected an innermost stride of 1, got f32 [2, 4] strides [1, 2]; copy it first",
                () -> OpChecks.l2Normalize(turned(2, 4), f32(2, 4)));
        refused(
                "l2Normalize out: expected an innermost stride of 1, got f32 [2, 4] strides [1, 2]; copy it first",
                () -> OpChecks.l2Normalize(x, turned(2, 4)));
        refused(
                "l2Normalize out: expected memory of its own, got that of input f32 [2, 4]",
                () -> OpChecks.l2Normalize(x, x));
    }

    @Test
    void attentionArgumentsAreNamedWhenWrong() {
        Tensor q = f32(2, 3, 8);
        Tensor k = f32(2, 5, 8);
        Tensor v = f32(2, 5, 4);
        Tensor out = f32(2, 3, 4);
        OpChecks.attention(q, k, v, 2, of(BF16, 2, 3, 4));
        OpChecks.attention(f32(2, 0, 8), f32(2, 0, 8), f32(2, 0, 4), 2, f32(2, 0, 4));
        refused("attention heads: expected >= 1, got 0", () -> OpChecks.attention(q, k, v, 0, out));
        refused("attention q: expected rank 3, got f32 [3, 8]", () -> OpChecks.attention(f32(3, 8), k, v, 2, out));
        refused(
                "attention q: expected a width that is a multiple of 3 heads, got f32 [2, 3, 8]",
                () -> OpChecks.attention(q, k, v, 3, out));
        refused(
                "attention q: expected dtype [F32, BF16], got i32 [2, 3, 8]",
                () -> OpChecks.attention(of(I32, 2, 3, 8), k, v, 2, out));
        refused(
                "attention k: expected dtype [F32], got bf16 [2, 5, 8]",
                () -> OpChecks.attention(q, of(BF16, 2, 5, 8), v, 2, out));
        refused(
                "attention k: expected [2, Nk, 8] for q [2, 3, 8], got f32 [1, 5, 8]",
                () -> OpChecks.attention(q, f32(1, 5, 8), v, 2, out));
        refused(
                "attention k: expected at least one key for q [2, 3, 8], got f32 [2, 0, 8]",
                () -> OpChecks.attention(q, f32(2, 0, 8), f32(2, 0, 4), 2, out));
        refused(
                "attention q: expected an innermost stride of 1, got f32 [2, 3, 8] strides [24, 1, 3]; copy it first",
                () -> OpChecks.attention(turned(2, 3, 8), k, v, 2, out));
        refused(
                "attention v: expected a width that is a multiple of 2 heads, got f32 [2, 5, 3]",
                () -> OpChecks.attention(q, k, f32(2, 5, 3), 2, out));
        refused(
                "attention v: expected dtype [F32], got bf16 [2, 5, 4]",
                () -> OpChecks.attention(q, k, of(BF16, 2, 5, 4), 2, out));
        refused(
                "attention v: expected [2, 5, heads * hdv], got f32 [2, 6, 4]",
                () -> OpChecks.attention(q, k, f32(2, 6, 4), 2, out));
        refused(
                "attention out: expected shape [2, 3, 4], got f32 [2, 3, 8]",
                () -> OpChecks.attention(q, k, v, 2, f32(2, 3, 8)));
        refused(
                "attention out: expected dtype [F32, BF16], got i32 [2, 3, 4]",
                () -> OpChecks.attention(q, k, v, 2, of(I32, 2, 3, 4)));
        refused(
                "attention out: expected an innermost stride of 1, got f32 [2, 3, 4] strides [12, 1, 3]; copy it first",
                () -> OpChecks.attention(q, k, v, 2, turned(2, 3, 4)));
        for (int input = 0; input < 3; input++) {
            Tensor same = f32(2, 5, 8);
            Tensor q1 = input == 0 ? same : f32(2, 5, 8);
            Tensor k1 = input == 1 ? same : f32(2, 5, 8);
            Tensor v1 = input == 2 ? same : f32(2, 5, 8);
            refused(
                    "attention out: expected memory of its own, got that of input f32 [2, 5, 8]",
                    () -> OpChecks.attention(q1, k1, v1, 2, same));
        }
    }

    @Test
    void attentionBiasAndWeightsArgumentsAreNamedWhenWrong() {
        Tensor q = f32(2, 3, 8);
        Tensor k = f32(2, 5, 8);
        Tensor out = f32(2, 3, 8);
        OpChecks.attention(q, k, k, 4, f32(1, 4, 1, 5), out);
        refused(
                "attention bias: expected rank 4, got f32 [3, 5]",
                () -> OpChecks.attention(q, k, k, 4, f32(3, 5), out));
        refused(
                "attention bias: expected dtype [F32], got bf16 [2, 4, 3, 5]",
                () -> OpChecks.attention(q, k, k, 4, of(BF16, 2, 4, 3, 5), out));
        for (long[] dims : new long[][] {{3, 4, 3, 5}, {2, 3, 3, 5}, {2, 4, 2, 5}, {2, 4, 3, 1}}) {
            refused(
                    "attention bias: expected [2 or 1, 4 or 1, 3 or 1, 5], got f32 " + Shape.of(dims),
                    () -> OpChecks.attention(q, k, k, 4, f32(dims), out));
        }
        refused(
                "attention bias: expected an innermost stride of 1, got f32 [2, 4, 3, 5] strides [60, 15, 1, 3]; copy it first",
                () -> OpChecks.attention(q, k, k, 4, turned(2, 4, 3, 5), out));
        OpChecks.attentionWeights(q, k, 4, f32(2, 4, 3, 5));
        refused(
                "attentionWeights out: expected shape [2, 4, 3, 5], got f32 [2, 3, 4, 5]",
                () -> OpChecks.attentionWeights(q, k, 4, f32(2, 3, 4, 5)));
        refused(
                "attentionWeights out: expected dtype [F32], got bf16 [2, 4, 3, 5]",
                () -> OpChecks.attentionWeights(q, k, 4, of(BF16, 2, 4, 3, 5)));
        refused(
                "attentionWeights out: expected an innermost stride of 1, got f32 [2, 4, 3, 5] strides [60, 15, 1, 3]; copy it first",
                () -> OpChecks.attentionWeights(q, k, 4, turned(2, 4, 3, 5)));
    }

    @Test
    void elementwiseArgumentsAreNamedWhenWrong() {
        Tensor x = f32(2, 3);
        OpChecks.elementwise("affine", x, x);
        OpChecks.elementwise("unary", turned(2, 3), of(BF16, 2, 3));
        refused(
                "unary x: expected dtype [F32, BF16], got i32 [2, 3]",
                () -> OpChecks.elementwise("unary", of(I32, 2, 3), x));
        refused(
                "affine out: expected shape [2, 3], got f32 [3, 2]",
                () -> OpChecks.elementwise("affine", x, f32(3, 2)));
        OpChecks.binary(f32(3), f32(2, 1), x);
        OpChecks.binary(f32(), f32(0, 1), f32(0, 3));
        refused(
                "binary a: expected a shape that broadcasts to out [2, 3], got f32 [2]",
                () -> OpChecks.binary(f32(2), x, x));
        refused(
                "binary b: expected a shape that broadcasts to out [2, 3], got f32 [1, 2, 3]",
                () -> OpChecks.binary(x, f32(1, 2, 3), x));
        refused("binary out: expected dtype [F32, BF16], got i32 [2, 3]", () -> OpChecks.binary(x, x, of(I32, 2, 3)));
        OpChecks.copy(of(DType.U8, 3), of(DType.F16, 2, 3));
        refused(
                "copy x: expected a shape that broadcasts to out [2, 3], got f32 [3, 1]",
                () -> OpChecks.copy(f32(3, 1), x));
    }

    @Test
    void reductionsArgumentsAreNamedWhenWrong() {
        Tensor x = f32(2, 3, 4);
        OpChecks.reduce(ReduceOp.MEAN, x, -2, f32(2, 4));
        OpChecks.reduce(ReduceOp.SUM, f32(2, 0), 1, f32(2));
        OpChecks.reduce(ReduceOp.MAX, f32(0, 0), 1, f32(0));
        refused(
                "reduce axis: expected an axis of f32 [2, 3, 4], got -4",
                () -> OpChecks.reduce(ReduceOp.SUM, x, -4, x));
        refused(
                "reduce out: expected shape [2, 4], got f32 [2, 3]",
                () -> OpChecks.reduce(ReduceOp.SUM, x, 1, f32(2, 3)));
        refused(
                "reduce x: expected a non-empty axis 1 for MAX, got f32 [2, 0]",
                () -> OpChecks.reduce(ReduceOp.MAX, f32(2, 0), 1, f32(2)));
        OpChecks.argmax(x, of(I32, 2, 3));
        refused("argmax out: expected dtype [I32], got f32 [2, 3]", () -> OpChecks.argmax(x, f32(2, 3)));
        refused("argmax out: expected shape [2, 3], got i32 [2, 4]", () -> OpChecks.argmax(x, of(I32, 2, 4)));
        refused("argmax x: expected non-empty rows, got f32 [2, 0]", () -> OpChecks.argmax(f32(2, 0), of(I32, 2)));
    }

    @Test
    void transfersArgumentsAreNamedWhenWrong() {
        HostTensor floats = HostTensor.of(new float[6], 2, 3);
        HostTensor integers = new HostTensor(MemorySegment.ofArray(new int[6]), I32, Shape.of(2, 3));
        OpChecks.upload(floats, of(DType.F16, 2, 3));
        OpChecks.upload(integers, of(I32, 2, 3));
        refused("upload out: expected shape [2, 3], got f32 [6]", () -> OpChecks.upload(floats, f32(6)));
        refused(
                "upload out: expected a float type or that of the source (I32), got f32 [2, 3]",
                () -> OpChecks.upload(integers, f32(2, 3)));
        refused(
                "upload out: expected a float type or that of the source (F32), got i32 [2, 3]",
                () -> OpChecks.upload(floats, of(I32, 2, 3)));
        OpChecks.download(of(DType.F16, 2, 3), 6);
        refused(
                "download x: expected dtype [F32, BF16, F16], got i32 [2, 3]",
                () -> OpChecks.download(of(I32, 2, 3), 6));
        refused("download out: expected 6 elements for f32 [2, 3], got 5", () -> OpChecks.download(f32(2, 3), 5));
        refused(
                "downloadIntegers x: expected dtype [I32, I64, U8], got f32 [2]",
                () -> OpChecks.downloadIntegers(f32(2)));
    }

    @Test
    void weightsArgumentsAreNamedWhenWrong() {
        HostTensor weight = HostTensor.of(new float[6], 2, 3);
        HostTensor integers = new HostTensor(MemorySegment.ofArray(new int[6]), I32, Shape.of(2, 3));
        WeightChecks.linear(weight, BF16);
        refused("linear weight: expected a float [out, in], got I32 [2, 3]", () -> WeightChecks.linear(integers, F32));
        refused("linear compute type: expected F32 or BF16, got F16", () -> WeightChecks.linear(weight, DType.F16));
        refused(
                "linear bias: expected a float [2], got F32 [3]",
                () -> WeightChecks.bias("linear", weight, HostTensor.of(new float[3], 3)));
        refused(
                "convolution weight: expected a float [out, in / groups, kernelHeight, kernelWidth], got F32 [2, 3]",
                () -> WeightChecks.convolution(weight, 1, F32));
        refused(
                "convolution weight: expected a float [out, in / groups, kernelHeight, kernelWidth], got F32 [2, 3, 0, 1]",
                () -> WeightChecks.convolution(HostTensor.of(new float[0], 2, 3, 0, 1), 1, F32));
        refused(
                "convolution weight: expected output channels that 4 groups divide, got [2, 3, 1, 1]",
                () -> WeightChecks.convolution(weight.reshape(2, 3, 1, 1), 4, F32));
        refused(
                "parameter tensor: expected a float type or that of the source (I32), got F32",
                () -> WeightChecks.tensor(integers, F32));
    }
}
