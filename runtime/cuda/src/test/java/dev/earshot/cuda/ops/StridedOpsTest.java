package dev.earshot.cuda.ops;

import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Elementwise ops and reductions on views of up to 8 axes in any order; whole numbers, so results must be equal. */
class StridedOpsTest {
    private static final int ROUNDS = 25;
    private static final DType[] REAL = {DType.F32, DType.BF16};

    private Twins twins;
    private Random random;

    @BeforeEach
    void open() {
        twins = new Twins(11);
        random = twins.random();
    }

    @AfterEach
    void close() {
        if (twins != null) {
            twins.close();
        }
    }

    /** 0 to 8 sizes, small enough for a quick simulation. */
    private long[] sizes(int least) {
        int rank = least + random.nextInt(9 - least);
        return random.longs(rank, 1, rank > 5 ? 4 : 7).toArray();
    }

    private DType real() {
        return REAL[random.nextInt(2)];
    }

    /** The sizes with some of them 1 and maybe without the first. */
    private long[] broadcastable(long[] sizes) {
        int missing = sizes.length == 0 ? 0 : random.nextInt(2);
        long[] some = new long[sizes.length - missing];
        for (int i = 0; i < some.length; i++) {
            some[i] = random.nextInt(3) == 0 ? 1 : sizes[i + missing];
        }
        return some;
    }

    private Tensor[] strided(DType type, long... sizes) {
        return twins.whole(RandomView.strided(random, type, sizes));
    }

    private Tensor[] dense(DType type, long... sizes) {
        return twins.whole(RandomView.dense(random, type, sizes));
    }

    @Test
    void unaryAndAffineOfAnyViews() {
        UnaryOp[] exact = {UnaryOp.RELU, UnaryOp.ABS, UnaryOp.NEGATE};
        for (int round = 0; round < ROUNDS; round++) {
            long[] sizes = sizes(0);
            Tensor[] x = strided(real(), sizes);
            Tensor[] y = strided(real(), sizes);
            UnaryOp op = exact[round % exact.length];
            twins.expectEqual(op + " " + x[0] + " " + y[0], (b, i) -> b.unary(op, x[i], y[i]));
            twins.expectEqual("in place " + x[0], (b, i) -> b.unary(op, x[i], x[i]));
            twins.expectEqual("affine " + x[0], (b, i) -> b.affine(x[i], 3, -0.5f, y[i]));
            twins.reset();
        }
    }

    @Test
    void binaryOfAnyViewsWithBroadcasting() {
        for (int round = 0; round < 2 * ROUNDS; round++) {
            long[] sizes = sizes(0);
            Tensor[] a = strided(real(), broadcastable(sizes));
            Tensor[] b = strided(real(), broadcastable(sizes));
            Tensor[] y = strided(real(), sizes);
            BinaryOp op = BinaryOp.values()[round % BinaryOp.values().length];
            if (op != BinaryOp.DIVIDE) {
                String what = "%s %s %s %s".formatted(op, a[0], b[0], y[0]);
                twins.expectEqual(what, (on, i) -> on.binary(op, a[i], b[i], y[i]));
                twins.expectEqual("in place " + what, (on, i) -> on.binary(op, y[i], b[i], y[i]));
            }
            twins.reset();
        }
    }

    @Test
    void copiesBetweenAllTypesAndAnyViews() {
        for (DType from : DType.values()) {
            for (DType to : DType.values()) {
                for (int round = 0; round < 3; round++) {
                    long[] sizes = sizes(0);
                    Tensor[] x = strided(from, broadcastable(sizes));
                    Tensor[] y = strided(to, sizes);
                    twins.expectEqual("copy " + x[0] + " " + y[0], (b, i) -> b.copy(x[i], y[i]));
                    twins.reset();
                }
            }
        }
    }

    @Test
    void transposingCopiesOfEveryElementSize() {
        for (DType from : new DType[] {DType.U8, DType.BF16, DType.F32, DType.I32, DType.I64, DType.F16}) {
            DType to = from == DType.BF16 ? DType.F32 : from;
            for (long[] sizes : new long[][] {{33, 65}, {3, 9, 70}, {31, 2, 32}, {8, 2, 3, 40}}) {
                Tensor[] x = twins.whole(from, sizes);
                Tensor[] y = twins.whole(to, transposed(sizes));
                String what = "copy " + x[0] + " to " + to;
                twins.expectEqual(what, (b, i) -> b.copy(x[i].transpose(0, -1), y[i]));
                twins.expectEqual(what, (b, i) -> b.copy(x[i], y[i].transpose(0, -1)));
                twins.reset();
            }
        }
    }

    private static long[] transposed(long[] sizes) {
        long[] other = sizes.clone();
        other[0] = sizes[sizes.length - 1];
        other[sizes.length - 1] = sizes[0];
        return other;
    }

    @Test
    void fillOfAnyViews() {
        for (int round = 0; round < ROUNDS; round++) {
            Tensor[] y = strided(real(), sizes(0));
            float value = round % 3 - 1;
            twins.expectEqual("fill " + y[0], (b, i) -> b.training().fill(y[i], value));
            twins.reset();
        }
    }

    @Test
    void accumulationsOverAnyAxes() {
        for (int round = 0; round < 2 * ROUNDS; round++) {
            long[] sizes = sizes(0);
            Tensor[] x = strided(real(), broadcastable(sizes));
            Tensor[] y = strided(DType.F32, broadcastable(sizes));
            Tensor[] z = strided(real(), broadcastable(sizes));
            twins.expectEqual(
                    "accumulate " + x[0] + " " + y[0], (b, i) -> b.training().accumulate(x[i], -0.5f, y[i]));
            twins.expectEqual(
                    "accumulateProduct " + x[0] + " " + z[0] + " " + y[0],
                    (b, i) -> b.training().accumulateProduct(x[i], z[i], y[i]));
            twins.reset();
        }
    }

    @Test
    void reductionsAlongEveryAxis() {
        ReduceOp[] exact = {ReduceOp.SUM, ReduceOp.MAX, ReduceOp.MIN};
        for (int round = 0; round < 2 * ROUNDS; round++) {
            long[] sizes = sizes(1);
            int axis = random.nextInt(sizes.length);
            Tensor[] x = dense(real(), sizes);
            Tensor[] y = dense(real(), without(sizes, axis));
            ReduceOp op = exact[round % exact.length];
            twins.expectEqual(op + " " + x[0] + " axis " + axis, (b, i) -> b.reduce(op, x[i], axis, y[i]));
            if (op != ReduceOp.SUM) {
                Tensor[] gradOut = dense(DType.F32, without(sizes, axis));
                Tensor[] gradX = dense(DType.F32, sizes);
                twins.expectEqual(
                        "backward of " + op + " " + x[0] + " axis " + axis,
                        (b, i) -> b.training().reduceBackward(op, x[i], axis, gradOut[i], gradX[i]));
            }
            Tensor[] best = strided(DType.I32, without(sizes, sizes.length - 1));
            twins.expectEqual("argmax " + x[0], (b, i) -> b.argmax(x[i], best[i]));
            twins.reset();
        }
    }

    private static long[] without(long[] sizes, int axis) {
        long[] rest = new long[sizes.length - 1];
        for (int i = 0, j = 0; i < sizes.length; i++) {
            if (i != axis) {
                rest[j++] = sizes[i];
            }
        }
        return rest;
    }

    @Test
    void everyAlignmentAndTail() {
        for (int length = 1; length <= 13; length++) {
            for (int offset = 0; offset < 5; offset++) {
                int from = offset;
                int to = offset + length;
                Tensor[] a = twins.whole(DType.F32, 20);
                Tensor[] b = twins.whole(DType.BF16, 20);
                Tensor[] y = twins.whole(DType.F32, 20);
                twins.expectEqual("%d elements from %d on".formatted(length, offset), (on, i) -> {
                    on.binary(BinaryOp.ADD, a[i].slice(0, from, to), b[i].slice(0, from, to), y[i].slice(0, from, to));
                    on.unary(UnaryOp.NEGATE, b[i].slice(0, from, to), b[i].slice(0, from, to));
                    on.copy(y[i].slice(0, from, to), a[i].slice(0, 20 - (to - from), 20));
                    on.training().fill(y[i].slice(0, from, to), 3);
                });
                twins.reset();
            }
        }
    }

    @Test
    void hugeBroadcasts() {
        Tensor[] one = twins.whole(DType.BF16, 1);
        Tensor[] row = twins.whole(DType.F32, 67);
        Tensor[] column = twins.whole(DType.F32, 300, 1, 1);
        Tensor[] y = twins.whole(DType.F32, 300, 5, 67);
        twins.expectEqual("one element everywhere", (b, i) -> b.copy(one[i], y[i]));
        twins.expectEqual("a row and a column", (b, i) -> b.binary(BinaryOp.MULTIPLY, row[i], column[i], y[i]));
        twins.expectEqual("and back", (b, i) -> {
            b.training().accumulate(y[i], 1, row[i]);
            b.training().accumulate(y[i], 1, column[i]);
        });
    }

    @Test
    void longSumsInTwoPasses() {
        Tensor[] x = twins.whole(DType.F32, 5, 60_001);
        Tensor[] total = twins.whole(DType.F32, 1);
        Tensor[] rows = twins.whole(DType.F32, 5);
        twins.expectEqual("a total", (b, i) -> b.training().accumulate(x[i], 0.5f, total[i]));
        twins.expectEqual("a total of squares", (b, i) -> b.training().accumulateProduct(x[i], x[i], total[i]));
        for (ReduceOp op : new ReduceOp[] {ReduceOp.SUM, ReduceOp.MAX, ReduceOp.MIN}) {
            twins.expectEqual(op + " of long rows", (b, i) -> b.reduce(op, x[i], 1, rows[i]));
        }
        Tensor[] tall = twins.whole(DType.F32, 9_001, 33);
        Tensor[] columns = twins.whole(DType.F32, 33);
        twins.expectEqual("long columns", (b, i) -> b.training().accumulate(tall[i], 1, columns[i]));
        twins.expectEqual("largest of long columns", (b, i) -> b.reduce(ReduceOp.MAX, tall[i], 0, columns[i]));
    }
}
