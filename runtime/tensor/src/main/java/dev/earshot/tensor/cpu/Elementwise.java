package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.UnaryOp;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * Functions of each element by itself. A piece of a row is brought to dense F32 (where it is not already), computed and
 * brought to its place; pieces fit the first-level cache, so the detours cost little.
 */
final class Elementwise {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private Elementwise() {}

    /** See {@link dev.earshot.tensor.Backend#affine}. */
    record Affine(View x, float alpha, float beta, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            affine(binder, x, alpha, beta, out);
        }
    }

    /** Adds out = alpha * x + beta. */
    static void affine(Binder binder, View x, float alpha, float beta, View out) {
        map(
                binder,
                "affine " + x,
                x,
                out,
                (worker, space) -> (source, target, n) -> scale(source, alpha, beta, target, n));
    }

    /** See {@link dev.earshot.tensor.Backend#unary}. */
    record Unary(UnaryOp op, View x, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            String name = op.name().toLowerCase(Locale.ROOT) + " " + x;
            switch (op) {
                case RELU -> map(binder, name, x, out, (worker, space) -> Elementwise::relu);
                case ABS -> map(binder, name, x, out, (worker, space) -> Elementwise::abs);
                case NEGATE -> map(binder, name, x, out, (worker, space) -> Elementwise::negate);
                case SQRT -> map(binder, name, x, out, (worker, space) -> Elementwise::sqrt);
                case EXP -> map(binder, name, x, out, (worker, space) -> Elementwise::exp);
                case LOG -> map(binder, name, x, out, (worker, space) -> Elementwise::log);
                case GELU -> library(binder, name, dnnl.dnnl_eltwise_gelu_erf(), 0);
                case QUICK_GELU -> library(binder, name, dnnl.dnnl_eltwise_swish(), Epilogue.QUICK_GELU_ALPHA);
                case SIGMOID -> library(binder, name, dnnl.dnnl_eltwise_logistic(), 0);
                case TANH -> library(binder, name, dnnl.dnnl_eltwise_tanh(), 0);
            }
        }

        private void library(Binder binder, String name, int algorithm, float alpha) {
            map(binder, name, x, out, (worker, space) -> new LibraryFunction(binder, worker, space, algorithm, alpha));
        }
    }

    /** See {@link dev.earshot.tensor.Backend#binary}. */
    record Binary(BinaryOp op, View a, View b, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            View left = a.broadcastTo(out.dims());
            View right = b.broadcastTo(out.dims());
            LoopSpace space = LoopSpace.over(out.dims(), left, right, out);
            String name = op.name().toLowerCase(Locale.ROOT) + " " + a + " " + b;
            RowTask.add(binder, name, space, 3, worker -> {
                Operand first = new Operand(worker, left, space.rowStride(0));
                Operand second = new Operand(worker, right, space.rowStride(1));
                Result result = new Result(worker, out, space.rowStride(2));
                return (offsets, n) -> {
                    long target = result.place(offsets[2]);
                    combine(op, first.dense(offsets[0], n), second.dense(offsets[1], n), target, n);
                    result.store(offsets[2], n);
                };
            });
        }
    }

    /** A function of dense F32 pieces; the result may lie where the argument lies. */
    @FunctionalInterface
    interface Function extends AutoCloseable {
        void apply(long source, long target, int n);

        @Override
        default void close() {}
    }

    @FunctionalInterface
    private interface FunctionFactory {
        Function create(Worker worker, LoopSpace space);
    }

    private static void map(Binder binder, String name, View x, View out, FunctionFactory functions) {
        LoopSpace space = LoopSpace.over(out.dims(), x, out);
        RowTask.add(binder, name, space, 2, worker -> {
            Operand argument = new Operand(worker, x, space.rowStride(0));
            Result result = new Result(worker, out, space.rowStride(1));
            return new MapBody(argument, result, functions.create(worker, space));
        });
    }

    private record MapBody(Operand argument, Result result, Function function) implements RowTask.Body {
        @Override
        public void run(long[] offsets, int n) {
            function.apply(argument.dense(offsets[0], n), result.place(offsets[1]), n);
            result.store(offsets[1], n);
        }

        @Override
        public void close() {
            function.close();
        }
    }

    /** A view whose pieces are produced as dense F32. */
    private static final class Result {
        private final View view;
        private final long stride;
        private final boolean inPlace;
        private final long piece;

        Result(Worker worker, View view, long stride) {
            this.view = view;
            this.stride = stride;
            this.inPlace = view.dtype() == DType.F32 && stride == 1;
            this.piece = inPlace ? 0 : worker.scratch().allocate(4L * RowTask.PIECE);
        }

        long place(long offset) {
            return inPlace ? view.at(offset) : piece;
        }

        void store(long offset, int n) {
            if (!inPlace) {
                Rows.store(view.dtype(), piece, view.at(offset), stride, n);
            }
        }
    }

    /** A function that oneDNN has as a primitive: one for whole pieces of a row, one for the piece at its end. */
    private static final class LibraryFunction implements Function {
        private record Key(int algorithm, float alpha, int n) {}

        private final Call whole;
        private final Call last;
        private final int wholeLength;
        private final long piece;

        LibraryFunction(Binder binder, Worker worker, LoopSpace space, int algorithm, float alpha) {
            this.piece = worker.scratch().allocate(4L * RowTask.PIECE);
            this.wholeLength = (int) Math.min(space.rowLength(), RowTask.PIECE);
            int rest = (int) (space.rowLength() % RowTask.PIECE);
            this.whole = call(binder, worker, new Key(algorithm, alpha, wholeLength));
            this.last = call(binder, worker, new Key(algorithm, alpha, rest == 0 ? wholeLength : rest));
        }

        private Call call(Binder binder, Worker worker, Key key) {
            Primitive primitive = binder.primitive(key, () -> {
                try (MemoryDesc desc = MemoryDesc.dense(DType.F32, key.n())) {
                    return binder.onednn().eltwise(key.algorithm(), key.alpha(), desc, desc);
                }
            });
            return Call.of(worker, primitive)
                    .with(dnnl.DNNL_ARG_SRC(), piece)
                    .with(dnnl.DNNL_ARG_DST(), piece)
                    .bind();
        }

        @Override
        public void apply(long source, long target, int n) {
            Rows.load(DType.F32, source, 1, piece, n);
            (n == wholeLength ? whole : last).run();
            Rows.store(DType.F32, piece, target, 1, n);
        }

        @Override
        public void close() {
            whole.close();
            last.close();
        }
    }

    private static void scale(long source, float alpha, float beta, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, alpha * ALL.get(F32, source + 4L * i) + beta);
        }
    }

    private static void relu(long source, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, Math.max(ALL.get(F32, source + 4L * i), 0));
        }
    }

    private static void abs(long source, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, Math.abs(ALL.get(F32, source + 4L * i)));
        }
    }

    private static void negate(long source, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, -ALL.get(F32, source + 4L * i));
        }
    }

    private static void sqrt(long source, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, (float) Math.sqrt(ALL.get(F32, source + 4L * i)));
        }
    }

    private static void exp(long source, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, (float) Math.exp(ALL.get(F32, source + 4L * i)));
        }
    }

    private static void log(long source, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, (float) Math.log(ALL.get(F32, source + 4L * i)));
        }
    }

    private static void combine(BinaryOp op, long a, long b, long target, int n) {
        switch (op) {
            case ADD -> add(a, b, target, n);
            case SUBTRACT -> subtract(a, b, target, n);
            case MULTIPLY -> multiply(a, b, target, n);
            case DIVIDE -> divide(a, b, target, n);
            case MIN -> min(a, b, target, n);
            case MAX -> max(a, b, target, n);
        }
    }

    private static void add(long a, long b, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(F32, a + 4L * i) + ALL.get(F32, b + 4L * i));
        }
    }

    private static void subtract(long a, long b, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(F32, a + 4L * i) - ALL.get(F32, b + 4L * i));
        }
    }

    private static void multiply(long a, long b, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(F32, a + 4L * i) * ALL.get(F32, b + 4L * i));
        }
    }

    private static void divide(long a, long b, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(F32, a + 4L * i) / ALL.get(F32, b + 4L * i));
        }
    }

    private static void min(long a, long b, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, Math.min(ALL.get(F32, a + 4L * i), ALL.get(F32, b + 4L * i)));
        }
    }

    private static void max(long a, long b, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, Math.max(ALL.get(F32, a + 4L * i), ALL.get(F32, b + 4L * i)));
        }
    }
}
