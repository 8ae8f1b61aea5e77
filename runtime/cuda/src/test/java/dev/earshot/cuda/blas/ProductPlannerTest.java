package dev.earshot.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProductPlannerTest {
    private static final SplittableRandom RANDOM = new SplittableRandom(20261121);

    /** A product on Java arrays: computed from the strides alone, and by its plan. */
    private record Case(long m, long n, long k, long[] leading, Strides a, Strides b, Strides c, Strides d) {
        ProductPlan plan() {
            return ProductPlanner.plan(m, n, k, leading, a, b, c, d);
        }

        void check() {
            double[] left = values(extent(a, m, k));
            double[] right = values(extent(b, k, n));
            double[] added = values(extent(c, m, n));
            double[] expected = values(extent(d, m, n));
            double[] actual = expected.clone();
            byDefinition(left, right, c == d ? expected : added, expected);
            byPlan(left, right, c == d ? actual : added, actual);
            assertArrayEquals(expected, actual, 1e-9, toString());
        }

        private long extent(Strides s, long rows, long columns) {
            long last = (rows - 1) * s.row() + (columns - 1) * s.column() + 1;
            for (int i = 0; i < leading.length; i++) {
                last += (leading[i] - 1) * s.leading()[i];
            }
            return last;
        }

        private void byDefinition(double[] left, double[] right, double[] added, double[] out) {
            long batches = Arrays.stream(leading).reduce(1, (x, y) -> x * y);
            for (long batch = 0; batch < batches; batch++) {
                long[] at = new long[4];
                long rest = batch;
                for (int i = leading.length - 1; i >= 0; i--) {
                    long index = rest % leading[i];
                    rest /= leading[i];
                    at[0] += index * a.leading()[i];
                    at[1] += index * b.leading()[i];
                    at[2] += index * c.leading()[i];
                    at[3] += index * d.leading()[i];
                }
                for (long i = 0; i < m; i++) {
                    for (long j = 0; j < n; j++) {
                        double sum = added[(int) (at[2] + i * c.row() + j * c.column())];
                        for (long x = 0; x < k; x++) {
                            sum += left[(int) (at[0] + i * a.row() + x * a.column())]
                                    * right[(int) (at[1] + x * b.row() + j * b.column())];
                        }
                        out[(int) (at[3] + i * d.row() + j * d.column())] = sum;
                    }
                }
            }
        }

        /** What cuBLASLt would do with the plan. */
        private void byPlan(double[] first, double[] second, double[] added, double[] out) {
            ProductPlan plan = plan();
            double[] left = plan.swapped() ? second : first;
            double[] right = plan.swapped() ? first : second;
            for (long call = 0; call < plan.calls(); call++) {
                for (long batch = 0; batch < plan.batches(); batch++) {
                    long atA = plan.a().offset(call, plan.loops())
                            + batch * plan.a().batchStride();
                    long atB = plan.b().offset(call, plan.loops())
                            + batch * plan.b().batchStride();
                    long atC = plan.c().offset(call, plan.loops())
                            + batch * plan.c().batchStride();
                    long atD = plan.d().offset(call, plan.loops())
                            + batch * plan.d().batchStride();
                    for (long i = 0; i < plan.m(); i++) {
                        for (long j = 0; j < plan.n(); j++) {
                            double sum = added[(int) (atC + element(plan.c(), i, j))];
                            for (long x = 0; x < plan.k(); x++) {
                                sum += left[(int) (atA + element(plan.a(), i, x))]
                                        * right[(int) (atB + element(plan.b(), x, j))];
                            }
                            out[(int) (atD + element(plan.d(), i, j))] = sum;
                        }
                    }
                }
            }
        }

        private static long element(ProductPlan.Part part, long row, long column) {
            return part.columnMajor() ? column * part.ld() + row : row * part.ld() + column;
        }

        private static double[] values(long count) {
            return RANDOM.doubles(count, -1, 1).toArray();
        }
    }

    private static Strides strides(long row, long column, long... leading) {
        return new Strides(row, column, leading);
    }

    @Test
    void denseRowsOfALinearLayerAreOneMatrix() {
        Strides x = strides(5, 1, 15, 5);
        Strides y = strides(4, 1, 12, 4);
        Case linear = new Case(1, 4, 5, new long[] {2, 3}, x, Strides.repeated(1, 5, 2), y, y);
        linear.check();
        assertEquals(6, linear.plan().m());
        assertEquals(1, linear.plan().batches());
        assertEquals(1, linear.plan().calls());
        assertTrue(linear.plan().b().columnMajor());
    }

    @Test
    void tokensWithoutTheFirstAreABatchOfMatrices() {
        // x [2, 1:4, 5] of [2, 4, 5]: rows of one sample merge, samples do not
        Strides y = strides(4, 1, 12, 4);
        Case linear = new Case(1, 4, 5, new long[] {2, 3}, strides(5, 1, 20, 5), Strides.repeated(1, 5, 2), y, y);
        linear.check();
        assertEquals(3, linear.plan().m());
        assertEquals(2, linear.plan().batches());
        assertEquals(0, linear.plan().b().batchStride());
    }

    @Test
    void aWeightGradientSummedOverTheBatchIsOneProduct() {
        // a^T of [4, 7, 3], b [4, 7, 5]: K becomes 4 * 7
        Strides out = strides(5, 1, 0);
        Case gradient = new Case(3, 5, 7, new long[] {4}, strides(1, 3, 21), strides(5, 1, 35), out, out);
        gradient.check();
        assertEquals(28, gradient.plan().k());
        assertEquals(1, gradient.plan().calls());
    }

    @Test
    void aSumThatMemoryDoesNotAllowIsALoop() {
        Strides out = strides(5, 1, 0);
        Case gradient = new Case(3, 5, 7, new long[] {4}, strides(7, 1, 21), strides(5, 1, 35), out, out);
        gradient.check();
        assertEquals(7, gradient.plan().k());
        assertEquals(4, gradient.plan().calls());
        assertEquals(1, gradient.plan().batches());
    }

    @Test
    void aTransposedResultSwapsTheOperands() {
        Strides out = strides(1, 3, 15);
        Case product = new Case(3, 5, 7, new long[] {2}, strides(7, 1, 21), strides(5, 1, 35), out, out);
        product.check();
        assertTrue(product.plan().swapped());
        assertFalse(product.plan().d().columnMajor());
    }

    @Test
    void aRepeatedRightOperandMakesOneTallMatrix() {
        Strides out = strides(5, 1, 15);
        Case product = new Case(3, 5, 7, new long[] {4}, strides(7, 1, 21), strides(5, 1, 0), out, out);
        product.check();
        assertEquals(12, product.plan().m());
        assertEquals(1, product.plan().batches());
    }

    @Test
    void theLongestAxisIsTheBatch() {
        // q and k^T of a joint buffer [2, 3, 9 heads * 4 * 3]
        Strides q = strides(108, 1, 324, 4);
        Strides keys = strides(1, 108, 324, 4);
        Strides scores = strides(3, 1, 81, 9);
        Case attention = new Case(3, 3, 4, new long[] {2, 9}, q, keys, scores, scores);
        attention.check();
        assertEquals(9, attention.plan().batches());
        assertEquals(2, attention.plan().calls());
    }

    @Test
    void alignmentHoldsForEveryCall() {
        ProductPlan.Part part = new ProductPlan.Part(false, 8, 0, new long[] {6});
        assertEquals(8, part.alignment(4096, 4));
        assertEquals(4, part.alignment(4100, 4));
        assertEquals(4, part.alignment(4096, 2));
        assertEquals(256, new ProductPlan.Part(false, 8, 0, new long[0]).alignment(4096, 4));
    }

    @Test
    void randomViewsMatchTheDefinition() {
        for (int round = 0; round < 3000; round++) {
            long[] leading = RANDOM.longs(RANDOM.nextInt(4), 1, 4).toArray();
            long m = RANDOM.nextLong(1, 5);
            long n = RANDOM.nextLong(1, 5);
            long k = RANDOM.nextLong(1, 5);
            Strides d = random(m, n, leading, RANDOM.nextInt(3) == 0);
            boolean plain = d.isRowMajor(m, n)
                    && Arrays.equals(d.leading(), random(m, n, leading, false).leading());
            Strides c = plain && RANDOM.nextBoolean() ? rowMajor(m, n, leading) : d;
            Strides a = random(m, k, leading, RANDOM.nextInt(3) == 0);
            Strides b = random(k, n, leading, RANDOM.nextInt(2) == 0);
            new Case(m, n, k, leading, a, b, c, d).check();
        }
    }

    /** Dense or padded matrices in either order, with leading axes in either order; some repeated where asked. */
    private static Strides random(long rows, long columns, long[] leading, boolean repeats) {
        Strides dense = RANDOM.nextBoolean()
                ? rowMajor(rows, columns, leading)
                : rowMajor(columns, rows, leading).transposed();
        long[] steps = dense.leading().clone();
        for (int i = 0; i < steps.length; i++) {
            if (leading[i] == 1 || repeats && RANDOM.nextBoolean()) {
                steps[i] = 0;
            }
        }
        return new Strides(dense.row(), dense.column(), steps);
    }

    private static Strides rowMajor(long rows, long columns, long[] leading) {
        long row = columns + (RANDOM.nextBoolean() ? 0 : RANDOM.nextLong(3));
        long step = rows * row + (RANDOM.nextBoolean() ? 0 : RANDOM.nextLong(3));
        long[] steps = new long[leading.length];
        boolean reversed = RANDOM.nextInt(4) == 0;
        for (int i = 0; i < steps.length; i++) {
            int axis = reversed ? i : steps.length - 1 - i;
            steps[axis] = step;
            step *= leading[axis];
        }
        return new Strides(row, 1, steps);
    }
}
