package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.Interpolation;
import java.lang.foreign.ValueLayout;

/**
 * Resampling of planes, separable: the source rows of an output row are blended into one, whose columns are then blended.
 * Positions and weights are computed when the op is bound.
 */
record Resize(View x, Interpolation kind, double stepY, double stepX, View out) implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        View source = binder.denseInput(x);
        View target = binder.denseOutput(out);
        int height = Math.toIntExact(x.dim(2));
        int width = Math.toIntExact(x.dim(3));
        int outHeight = Math.toIntExact(out.dim(2));
        int outWidth = Math.toIntExact(out.dim(3));
        Taps rows = Taps.of(kind, outHeight, stepY, height);
        Taps columns = Taps.of(kind, outWidth, stepX, width);
        long planes = x.dim(0) * x.dim(1);
        RowSharing.add(binder, "resize " + x, planes * outHeight, out.elements(), worker -> {
            long blended = worker.scratch().allocate(4L * width);
            return row -> {
                long plane = source.at(row / outHeight * height * width);
                long line = rows.count() == 1
                        ? plane + 4L * width * rows.index()[(int) (row % outHeight)]
                        : blendRows(rows, (int) (row % outHeight), plane, width, blended);
                blendColumns(columns, line, target.at(row * outWidth), outWidth);
            };
        });
        binder.finish(target, out);
    }

    /** For each output position {@code count} source positions, clamped into the image, and their weights. */
    private record Taps(int count, int[] index, float[] weight) {
        /** The constant of cubic convolution in PyTorch's interpolate. */
        private static final double CUBIC_A = -0.75;

        static Taps of(Interpolation kind, int positions, double step, int size) {
            int count = switch (kind) {
                case NEAREST -> 1;
                case BILINEAR -> 2;
                case BICUBIC -> 4;
            };
            Taps taps = new Taps(count, new int[positions * count], new float[positions * count]);
            for (int i = 0; i < positions; i++) {
                double centre = (i + 0.5) * step;
                int left = (int) Math.floor(centre - 0.5);
                double t = centre - 0.5 - left;
                switch (kind) {
                    case NEAREST -> taps.set(i, 0, (int) Math.floor(centre), 1, size);
                    case BILINEAR -> {
                        taps.set(i, 0, left, 1 - t, size);
                        taps.set(i, 1, left + 1, t, size);
                    }
                    case BICUBIC -> {
                        for (int k = 0; k < count; k++) {
                            taps.set(i, k, left - 1 + k, cubic(Math.abs(t + 1 - k)), size);
                        }
                    }
                }
            }
            return taps;
        }

        private void set(int position, int tap, int source, double value, int size) {
            index[position * count + tap] = Math.clamp(source, 0, size - 1);
            weight[position * count + tap] = (float) value;
        }

        /** The kernel of cubic convolution at distance {@code d} between 0 and 2. */
        private static double cubic(double d) {
            return d <= 1
                    ? ((CUBIC_A + 2) * d - (CUBIC_A + 3)) * d * d + 1
                    : ((CUBIC_A * d - 5 * CUBIC_A) * d + 8 * CUBIC_A) * d - 4 * CUBIC_A;
        }
    }

    private static long blendRows(Taps rows, int position, long plane, int width, long target) {
        for (int k = 0; k < rows.count(); k++) {
            int tap = position * rows.count() + k;
            long source = plane + 4L * width * rows.index()[tap];
            if (k == 0) {
                scale(source, rows.weight()[tap], target, width);
            } else {
                addScaled(source, rows.weight()[tap], target, width);
            }
        }
        return target;
    }

    private static void scale(long source, float weight, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, weight * ALL.get(F32, source + 4L * i));
        }
    }

    private static void addScaled(long source, float weight, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(F32, target + 4L * i) + weight * ALL.get(F32, source + 4L * i));
        }
    }

    private static void blendColumns(Taps columns, long line, long target, int n) {
        int count = columns.count();
        int[] index = columns.index();
        float[] weight = columns.weight();
        for (int i = 0; i < n; i++) {
            float sum = weight[i * count] * ALL.get(F32, line + 4L * index[i * count]);
            for (int k = 1; k < count; k++) {
                sum += weight[i * count + k] * ALL.get(F32, line + 4L * index[i * count + k]);
            }
            ALL.set(F32, target + 4L * i, sum);
        }
    }
}
