package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.TestBackends;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Reductions of so many terms that they are cut into parts: what the parts hold is put together rightly. */
class LongReductionTest {
    private static final int TERMS = 40_000;
    private static final float NAN = Float.NaN;
    private static final float INF = Float.POSITIVE_INFINITY;

    /** Rows: increasing, all minus infinity, one NaN, one infinity, one finite element. */
    private static float[][] rows() {
        float[][] rows = new float[5][TERMS];
        for (int i = 0; i < TERMS; i++) {
            rows[0][i] = (float) Math.log(i + 1);
        }
        Arrays.fill(rows[1], -INF);
        rows[2][31_111] = NAN;
        rows[3][7] = INF;
        Arrays.fill(rows[4], -INF);
        rows[4][39_999] = -2;
        return rows;
    }

    private static void expect(ReduceOp op, float... expected) {
        float[][] rows = rows();
        float[] rowMajor = new float[5 * TERMS];
        for (int i = 0; i < rowMajor.length; i++) {
            rowMajor[i] = rows[i / TERMS][i % TERMS];
        }
        try (Backend backend = TestBackends.open().getFirst();
                Workspace ws = backend.workspace(4 << 20)) {
            Tensor x = backend.upload(ws, HostTensor.of(rowMajor, 5, TERMS), DType.F32);
            Tensor out = ws.allocate(DType.F32, 5);
            backend.reduce(op, x, 1, out);
            assertArrayEquals(expected, backend.download(out), 1e-4f, "rows");
            // Two copies of the rows, so that enough results lie side by side in memory.
            Tensor columns = ws.allocate(DType.F32, TERMS, 10);
            backend.copy(x.transpose(0, 1), columns.slice(1, 0, 5));
            backend.copy(x.transpose(0, 1), columns.slice(1, 5, 10));
            Tensor both = ws.allocate(DType.F32, 10);
            backend.reduce(op, columns, 0, both);
            assertArrayEquals(expected, Arrays.copyOf(backend.download(both), 5), 1e-4f, "columns");
            assertArrayEquals(expected, Arrays.copyOfRange(backend.download(both), 5, 10), 1e-4f, "columns");
        }
    }

    /** The sum of exp(log(i)) for i up to n is n (n + 1) / 2. */
    @Test
    void logSumExp() {
        double all = Math.log(TERMS * (TERMS + 1.0) / 2);
        expect(ReduceOp.LOG_SUM_EXP, (float) all, -INF, NAN, INF, -2);
    }

    @Test
    void extremes() {
        expect(ReduceOp.MAX, (float) Math.log(TERMS), -INF, NAN, INF, -2);
        expect(ReduceOp.MIN, 0, -INF, NAN, 0, -INF);
    }

    @Test
    void means() {
        double sum = 0;
        for (int i = 0; i < TERMS; i++) {
            sum += Math.log(i + 1);
        }
        expect(ReduceOp.MEAN, (float) (sum / TERMS), -INF, NAN, INF, -INF);
    }
}
