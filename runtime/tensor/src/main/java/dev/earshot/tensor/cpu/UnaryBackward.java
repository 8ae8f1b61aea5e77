package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.UnaryOp;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/** gradX += gradOut * op'(x), a piece at a time. See {@link dev.earshot.tensor.TrainingOps#unaryBackward}. */
record UnaryBackward(UnaryOp op, View x, View gradOut, View gradX) implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        LoopSpace space = LoopSpace.over(x.dims(), x, gradOut, gradX);
        String name = op.name().toLowerCase(Locale.ROOT) + " backward " + x;
        RowTask.add(binder, name, space, 3, worker -> new Body(binder, worker, this, space));
    }

    /** Writes slope times gradient to {@code target}, which is the same dense piece in every call. */
    @FunctionalInterface
    private interface Function extends AutoCloseable {
        void apply(long x, long grad, long target, int n);

        @Override
        default void close() {}
    }

    private static final class Body implements RowTask.Body {
        private final Operand argument;
        private final Operand grad;
        private final Gradient target;
        private final long piece;
        private final Function function;

        Body(Binder binder, Worker worker, UnaryBackward op, LoopSpace space) {
            this.argument = new Operand(worker, op.x, space.rowStride(0));
            this.grad = new Operand(worker, op.gradOut, space.rowStride(1));
            this.target = new Gradient(worker, op.gradX, space.rowStride(2));
            this.piece = worker.scratch().allocate(4L * RowTask.PIECE);
            this.function = function(binder, worker, op.op, space, piece);
        }

        @Override
        public void run(long[] offsets, int n) {
            function.apply(argument.dense(offsets[0], n), grad.dense(offsets[1], n), piece, n);
            Vectors.addScaled(1, piece, target.current(offsets[2], n), n);
            target.store(offsets[2], n);
        }

        @Override
        public void close() {
            function.close();
        }
    }

    private static Function function(Binder binder, Worker worker, UnaryOp op, LoopSpace space, long result) {
        return switch (op) {
            case RELU -> UnaryBackward::relu;
            case ABS -> UnaryBackward::abs;
            case NEGATE -> (x, grad, target, n) -> negate(grad, target, n);
            case SQRT -> UnaryBackward::sqrt;
            case EXP -> UnaryBackward::exp;
            case LOG -> UnaryBackward::log;
            case GELU -> new Library(binder, worker, space, result, dnnl.dnnl_eltwise_gelu_erf(), 0);
            case QUICK_GELU ->
                new Library(binder, worker, space, result, dnnl.dnnl_eltwise_swish(), Epilogue.QUICK_GELU_ALPHA);
            case SIGMOID -> new Library(binder, worker, space, result, dnnl.dnnl_eltwise_logistic(), 0);
            case TANH -> new Library(binder, worker, space, result, dnnl.dnnl_eltwise_tanh(), 0);
        };
    }

    /**
     * A slope that oneDNN knows: one primitive for whole pieces of a row, one for the piece at its end. They read and write
     * fixed places, since pointing them elsewhere would allocate.
     */
    private static final class Library implements Function {
        private record Key(int algorithm, float alpha, int n) {}

        private final Call whole;
        private final Call last;
        private final int wholeLength;
        private final long argument;
        private final long grad;
        private final long result;

        Library(Binder binder, Worker worker, LoopSpace space, long result, int algorithm, float alpha) {
            this.argument = worker.scratch().allocate(4L * RowTask.PIECE);
            this.grad = worker.scratch().allocate(4L * RowTask.PIECE);
            this.result = result;
            this.wholeLength = (int) Math.min(space.rowLength(), RowTask.PIECE);
            int rest = (int) (space.rowLength() % RowTask.PIECE);
            this.whole = call(binder, worker, new Key(algorithm, alpha, wholeLength));
            this.last = call(binder, worker, new Key(algorithm, alpha, rest == 0 ? wholeLength : rest));
        }

        private Call call(Binder binder, Worker worker, Key key) {
            Primitive primitive = binder.primitive(key, () -> {
                try (MemoryDesc desc = MemoryDesc.dense(DType.F32, key.n())) {
                    return binder.onednn().eltwiseBackward(key.algorithm(), key.alpha(), desc);
                }
            });
            return Call.of(worker, primitive)
                    .with(dnnl.DNNL_ARG_SRC(), argument)
                    .with(dnnl.DNNL_ARG_DIFF_DST(), grad)
                    .with(dnnl.DNNL_ARG_DIFF_SRC(), result)
                    .bind();
        }

        @Override
        public void apply(long x, long gradOut, long target, int n) {
            Rows.load(DType.F32, x, 1, argument, n);
            Rows.load(DType.F32, gradOut, 1, grad, n);
            (n == wholeLength ? whole : last).run();
        }

        @Override
        public void close() {
            whole.close();
            last.close();
        }
    }

    private static void relu(long x, long grad, long target, int n) {
        for (int i = 0; i < n; i++) {
            float g = ALL.get(F32, grad + 4L * i);
            ALL.set(F32, target + 4L * i, ALL.get(F32, x + 4L * i) > 0 ? g : 0);
        }
    }

    private static void abs(long x, long grad, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, Math.signum(ALL.get(F32, x + 4L * i)) * ALL.get(F32, grad + 4L * i));
        }
    }

    private static void negate(long grad, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, -ALL.get(F32, grad + 4L * i));
        }
    }

    private static void sqrt(long x, long grad, long target, int n) {
        for (int i = 0; i < n; i++) {
            float root = (float) Math.sqrt(ALL.get(F32, x + 4L * i));
            ALL.set(F32, target + 4L * i, 0.5f * ALL.get(F32, grad + 4L * i) / root);
        }
    }

    private static void exp(long x, long grad, long target, int n) {
        for (int i = 0; i < n; i++) {
            float value = (float) Math.exp(ALL.get(F32, x + 4L * i));
            ALL.set(F32, target + 4L * i, value * ALL.get(F32, grad + 4L * i));
        }
    }

    private static void log(long x, long grad, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(F32, grad + 4L * i) / ALL.get(F32, x + 4L * i));
        }
    }
}
