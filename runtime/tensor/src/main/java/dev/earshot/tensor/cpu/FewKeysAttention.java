package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Attention of many queries to a handful of keys in narrow heads, as when a picture looks at its prompts: products of 16 by
 * 7 are too small for a library's call. Some rows of queries at a time are turned, so that all loops run along the rows;
 * only the exponentials are oneDNN's. 4096 queries to 7 keys in 8 heads of 16 take 1.9 ms of a core, as calls 4.2 ms.
 *
 * <p>What a row gives depends on that row alone, whatever the block it is in.
 */
final class FewKeysAttention {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /** Rows of a block: long enough for vector loops, and a head's queries, scores and results stay in the nearest cache. */
    private static final int ROWS = 256;

    /** Columns that are turned at a time: rows are far apart, and each visit to one costs a cache line. */
    private static final int GROUP = 4;

    private static final long MOST_KEYS = 16;
    private static final long WIDEST_HEAD = 32;

    private FewKeysAttention() {}

    /** True for sizes that are better off here. */
    static boolean fits(Attention a) {
        return a.term() == Attention.Term.NONE
                && a.k().dim(1) <= MOST_KEYS
                && a.q().dim(1) >= ROWS
                && fits(a.q().dim(2) / a.heads())
                && fits(a.v().dim(2) / a.heads());
    }

    private static boolean fits(long headWidth) {
        return headWidth <= WIDEST_HEAD && headWidth % GROUP == 0;
    }

    static void bind(Binder binder, Attention a) {
        View target = binder.output(a.out(), DType.F32, a.out().hasDenseRows());
        View q = binder.input(a.q(), DType.F32, a.q().hasDenseRows());
        View k = binder.input(a.k(), DType.F32, a.k().hasDenseRows());
        View v = binder.input(a.v(), DType.F32, a.v().hasDenseRows());
        long blocks = q.dim(0) * blocksPerSample(q);
        Task[] shares = new Task[binder.workers()];
        for (int i = 0; i < shares.length; i++) {
            long from = blocks * i / shares.length;
            long to = blocks * (i + 1) / shares.length;
            shares[i] = from == to
                    ? Task.IDLE
                    : new Share(
                            binder, binder.worker(i), new Operands(q, k, v, a.heads(), a.scale(), target), from, to);
        }
        long flops = 2 * q.dim(0) * q.dim(1) * k.dim(1) * (q.dim(2) + v.dim(2));
        binder.add(
                "attention to few keys %d x %d heads, %d x %d x %d"
                        .formatted(q.dim(0), a.heads(), q.dim(1), k.dim(1), q.dim(2) / a.heads()),
                flops,
                shares);
        binder.finish(target, a.out());
    }

    private static long blocksPerSample(View q) {
        return (q.dim(1) + ROWS - 1) / ROWS;
    }

    private record Key(long count) {}

    private record Operands(View q, View k, View v, int heads, float scale, View out) {}

    /** The blocks of one worker. */
    private static final class Share implements Task {
        private final Operands o;
        private final long from;
        private final long to;
        private final int keys;
        private final int width;
        private final int valueWidth;
        private final float[][] keyRows; // [keys][heads * hd], scaled
        private final float[][] valueRows; // [keys][heads * hdv]
        private final float[][] turned; // [hd][ROWS], queries of a head
        private final float[][] scores; // [keys][ROWS], of a head
        private final float[] largest = new float[ROWS];
        private final float[] sum = new float[ROWS];
        private final float[][] results = new float[GROUP][ROWS];
        private final long exponents; // F32 [heads][keys][ROWS]
        private final Call exponential;

        Share(Binder binder, Worker worker, Operands o, long from, long to) {
            this.o = o;
            this.from = from;
            this.to = to;
            this.keys = Math.toIntExact(o.k().dim(1));
            this.width = Math.toIntExact(o.q().dim(2) / o.heads());
            this.valueWidth = Math.toIntExact(o.v().dim(2) / o.heads());
            this.keyRows = new float[keys][o.heads() * width];
            this.valueRows = new float[keys][o.heads() * valueWidth];
            this.turned = new float[width][ROWS];
            this.scores = new float[keys][ROWS];
            long count = (long) o.heads() * keys * ROWS;
            this.exponents = worker.scratch().allocate(4 * count);
            Primitive exp = binder.primitive(new Key(count), () -> {
                try (MemoryDesc desc = MemoryDesc.dense(DType.F32, count)) {
                    return binder.onednn().eltwise(dnnl.dnnl_eltwise_exp(), 0, desc, desc);
                }
            });
            this.exponential = Call.of(worker, exp)
                    .with(dnnl.DNNL_ARG_SRC(), exponents)
                    .with(dnnl.DNNL_ARG_DST(), exponents)
                    .bind();
        }

        @Override
        public void run() {
            long perSample = blocksPerSample(o.q());
            for (long block = from; block < to; block++) {
                long sample = block / perSample;
                if (block == from || block % perSample == 0) {
                    load(o.k(), sample, o.scale(), keyRows);
                    load(o.v(), sample, 1, valueRows);
                }
                long first = block % perSample * ROWS;
                block(sample, first, (int) Math.min(ROWS, o.q().dim(1) - first));
            }
        }

        private static void load(View x, long sample, float scale, float[][] rows) {
            for (int j = 0; j < rows.length; j++) {
                long row = x.at(sample * x.stride(0) + j * x.stride(1));
                for (int c = 0; c < rows[j].length; c++) {
                    rows[j][c] = scale * ALL.get(F32, row + 4L * c);
                }
            }
        }

        private void block(long sample, long first, int rows) {
            long query = o.q().at(sample * o.q().stride(0) + first * o.q().stride(1));
            long target =
                    o.out().at(sample * o.out().stride(0) + first * o.out().stride(1));
            for (int head = 0; head < o.heads(); head++) {
                for (int d = 0; d < width; d += GROUP) {
                    gather(query + 4L * (head * width + d), 4 * o.q().stride(1), turned, d, rows);
                }
                score(head);
                place(exponents(head));
            }
            exponential.run();
            for (int head = 0; head < o.heads(); head++) {
                take(exponents(head));
                for (int d = 0; d < valueWidth; d += GROUP) {
                    int column = head * valueWidth + d;
                    for (int i = 0; i < GROUP; i++) {
                        weigh(column + i, results[i]);
                    }
                    scatter(results, target + 4L * column, 4 * o.out().stride(1), rows);
                }
            }
        }

        private long exponents(int head) {
            return exponents + 4L * head * keys * ROWS;
        }

        /** Scores of a head less the largest of each row. */
        private void score(int head) {
            for (int j = 0; j < keys; j++) {
                float[] s = scores[j];
                float[] key = keyRows[j];
                Arrays.fill(s, 0);
                for (int d = 0, at = head * width; d < width; d += 2, at += 2) {
                    add(turned[d], key[at], turned[d + 1], key[at + 1], s);
                }
            }
            System.arraycopy(scores[0], 0, largest, 0, ROWS);
            for (int j = 1; j < keys; j++) {
                larger(scores[j], largest);
            }
            for (int j = 0; j < keys; j++) {
                subtract(scores[j], largest);
            }
        }

        private void place(long address) {
            for (int j = 0; j < keys; j++) {
                MemorySegment.copy(scores[j], 0, ALL, F32, address + 4L * j * ROWS, ROWS);
            }
        }

        /** Brings exponentials of a head back, divided by the sum of each row. */
        private void take(long address) {
            Arrays.fill(sum, 0);
            for (int j = 0; j < keys; j++) {
                MemorySegment.copy(ALL, F32, address + 4L * j * ROWS, scores[j], 0, ROWS);
                add(scores[j], 1, sum);
            }
            for (int j = 0; j < keys; j++) {
                divide(scores[j], sum);
            }
        }

        private void weigh(int column, float[] result) {
            Arrays.fill(result, 0);
            int j = 0;
            for (; j + 1 < keys; j += 2) {
                add(scores[j], valueRows[j][column], scores[j + 1], valueRows[j + 1][column], result);
            }
            if (j < keys) {
                add(scores[j], valueRows[j][column], result);
            }
        }

        @Override
        public void close() {
            exponential.close();
        }
    }

    // Loops over whole arrays of one length each, in the shape that the compiler turns into vector instructions.

    private static void gather(long source, long stride, float[][] target, int first, int n) {
        float[] a = target[first];
        float[] b = target[first + 1];
        float[] c = target[first + 2];
        float[] d = target[first + 3];
        for (int i = 0; i < n; i++) {
            long row = source + stride * i;
            a[i] = ALL.get(F32, row);
            b[i] = ALL.get(F32, row + 4);
            c[i] = ALL.get(F32, row + 8);
            d[i] = ALL.get(F32, row + 12);
        }
    }

    private static void scatter(float[][] source, long target, long stride, int n) {
        float[] a = source[0];
        float[] b = source[1];
        float[] c = source[2];
        float[] d = source[3];
        for (int i = 0; i < n; i++) {
            long row = target + stride * i;
            ALL.set(F32, row, a[i]);
            ALL.set(F32, row + 4, b[i]);
            ALL.set(F32, row + 8, c[i]);
            ALL.set(F32, row + 12, d[i]);
        }
    }

    private static void add(float[] x, float factor, float[] to) {
        for (int i = 0; i < ROWS; i++) {
            to[i] += factor * x[i];
        }
    }

    private static void add(float[] x, float factor, float[] y, float other, float[] to) {
        for (int i = 0; i < ROWS; i++) {
            to[i] += factor * x[i] + other * y[i];
        }
    }

    private static void larger(float[] x, float[] to) {
        for (int i = 0; i < ROWS; i++) {
            to[i] = Math.max(to[i], x[i]);
        }
    }

    private static void subtract(float[] from, float[] x) {
        for (int i = 0; i < ROWS; i++) {
            from[i] -= x[i];
        }
    }

    private static void divide(float[] x, float[] by) {
        for (int i = 0; i < ROWS; i++) {
            x[i] /= by[i];
        }
    }
}
