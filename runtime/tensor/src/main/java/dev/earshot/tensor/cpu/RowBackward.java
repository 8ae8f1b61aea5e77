package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

/** Backward ops of the row-wise functions: each row's gradient from its argument and the gradient of its result. */
final class RowBackward {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private RowBackward() {}

    /** Adds to the gradient of one row; all three are dense F32. */
    @FunctionalInterface
    interface Kernel {
        void run(long x, long gradOut, long gradX);
    }

    @FunctionalInterface
    private interface KernelFactory {
        Kernel create(Worker worker);
    }

    /** See {@link dev.earshot.tensor.TrainingOps#layerNormBackward}. */
    record LayerNorm(View x, Optional<View> gamma, float eps, View gradOut, View gradX) implements Op {
        @Override
        public void bind(Binder binder) {
            int width = Math.toIntExact(x.dim(-1));
            add(binder, "layerNorm backward " + x, x, gradOut, gradX, worker -> {
                float[] centred = new float[width];
                float[] slope = new float[width];
                float[] target = new float[width];
                float[] weights = new float[width];
                return (row, grad, to) -> {
                    HeapRows.load(row, centred, width);
                    HeapRows.load(grad, slope, width);
                    HeapRows.load(to, target, width);
                    if (gamma.isPresent()) {
                        HeapRows.load(gamma.get().address(), weights, width);
                        HeapRows.multiply(slope, weights, width);
                    }
                    float scale = centre(centred, eps, width);
                    float mean = Dots.sum(slope, width) / width;
                    float projection = Dots.product(slope, centred, width) / width * scale * scale;
                    HeapRows.normSlopes(slope, centred, scale, mean, projection, target, width);
                    HeapRows.store(target, to, width);
                };
            });
        }
    }

    /** Subtracts its mean from x and returns 1 / sqrt(var + eps). */
    static float centre(float[] x, float eps, int n) {
        HeapRows.subtract(x, Dots.sum(x, n) / n, n);
        return (float) (1 / Math.sqrt(Dots.product(x, x, n) / n + eps));
    }

    /** See {@link dev.earshot.tensor.TrainingOps#softmaxBackward}. */
    record Softmax(View y, float scale, View gradOut, View gradX) implements Op {
        @Override
        public void bind(Binder binder) {
            int width = Math.toIntExact(y.dim(-1));
            add(binder, "softmax backward " + y, y, gradOut, gradX, worker -> (row, grad, target) -> {
                float projection = Dots.product(row, grad, width);
                addSoftmax(row, grad, scale, projection, target, width);
            });
        }

        private static void addSoftmax(long y, long grad, float scale, float projection, long target, int n) {
            for (int i = 0; i < n; i++) {
                float slope = ALL.get(F32, y + 4L * i) * (ALL.get(F32, grad + 4L * i) - projection);
                ALL.set(F32, target + 4L * i, ALL.get(F32, target + 4L * i) + scale * slope);
            }
        }
    }

    /** See {@link dev.earshot.tensor.TrainingOps#l2NormalizeBackward}. */
    record L2Normalize(View x, float eps, View gradOut, View gradX) implements Op {
        @Override
        public void bind(Binder binder) {
            int width = Math.toIntExact(x.dim(-1));
            add(binder, "l2Normalize backward " + x, x, gradOut, gradX, worker -> (row, grad, target) -> {
                double squares = Dots.squares(row, width);
                double norm = Math.sqrt(squares);
                Vectors.addScaled((float) (1 / Math.max(norm, eps)), grad, target, width);
                if (norm >= eps) {
                    double along = Dots.product(row, grad, width) / squares / norm;
                    Vectors.addScaled((float) -along, row, target, width);
                }
            });
        }
    }

    /** Adds the step that runs a kernel on all rows; rows of x that are not F32 are converted one at a time. */
    private static void add(Binder binder, String name, View x, View gradOut, View gradX, KernelFactory kernels) {
        LoopSpace rows = rows(x, gradOut, gradX);
        int width = Math.toIntExact(x.dim(-1));
        RowSharing.add(binder, name, rows.rows() * rows.rowLength(), x.elements(), worker -> {
            Kernel kernel = kernels.create(worker);
            FloatRow floats = new FloatRow(worker, x.dtype(), width);
            return row -> kernel.run(
                    floats.of(x.at(offset(rows, 0, row))),
                    gradOut.at(offset(rows, 1, row)),
                    gradX.at(offset(rows, 2, row)));
        });
    }

    /** Rows of F32 or BF16 as F32. */
    static final class FloatRow {
        private final DType dtype;
        private final int width;
        private final long buffer;

        FloatRow(Worker worker, DType dtype, int width) {
            this.dtype = dtype;
            this.width = width;
            this.buffer = dtype == DType.F32 ? 0 : worker.scratch().allocate(4L * width);
        }

        /** Address of the values of the dense row at {@code row}; until the next call. */
        long of(long row) {
            if (dtype == DType.F32) {
                return row;
            }
            Rows.load(dtype, row, 1, buffer, width);
            return buffer;
        }
    }

    /** The loops over the leading axes of views with dense rows: an element of this space is a row. */
    static LoopSpace rows(View... views) {
        View[] leads = new View[views.length];
        for (int i = 0; i < views.length; i++) {
            int rank = views[i].rank() - 1;
            leads[i] = views[i].with(0, Arrays.copyOf(views[i].dims(), rank), Arrays.copyOf(views[i].strides(), rank));
        }
        return LoopSpace.over(leads[0].dims(), leads);
    }

    /** Distance in elements of row {@code row} of a view from its first element. */
    static long offset(LoopSpace rows, int view, long row) {
        return rows.rowOffset(view, row / rows.rowLength()) + row % rows.rowLength() * rows.rowStride(view);
    }
}
