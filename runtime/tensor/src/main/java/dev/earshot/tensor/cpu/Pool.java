package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.PoolOp;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/** Spatial pooling of planes; see {@link dev.earshot.tensor.Backend#pool2d}. Output rows are shared between the workers. */
record Pool(View x, PoolOp op, int kernel, int stride, int pad, View out) implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        View source = binder.denseInput(x);
        View target = binder.denseOutput(out);
        Window window = new Window(
                kernel, stride, pad, Math.toIntExact(x.dim(2)), Math.toIntExact(x.dim(3)), Math.toIntExact(out.dim(3)));
        long planeElements = x.dim(2) * x.dim(3);
        long outHeight = out.dim(2);
        long rows = x.dim(0) * x.dim(1) * outHeight;
        String name = op.name().toLowerCase(Locale.ROOT) + " pool " + x;
        RowSharing.add(binder, name, rows, x.elements(), worker -> row -> {
            long plane = source.at(row / outHeight * planeElements);
            int top = (int) (row % outHeight) * stride - pad;
            switch (op) {
                case MAX -> window.maxRow(plane, top, target.at(row * out.dim(3)));
                case AVERAGE -> window.meanRow(plane, top, true, target.at(row * out.dim(3)));
                case AVERAGE_EXCLUDING_PADDING -> window.meanRow(plane, top, false, target.at(row * out.dim(3)));
            }
        });
        binder.finish(target, out);
    }

    private record Window(int kernel, int stride, int pad, int height, int width, int outWidth) {
        void maxRow(long plane, int top, long target) {
            int bottom = Math.min(top + kernel, height);
            for (int j = 0; j < outWidth; j++) {
                int left = j * stride - pad;
                int right = Math.min(left + kernel, width);
                float max = Float.NEGATIVE_INFINITY;
                for (int y = Math.max(top, 0); y < bottom; y++) {
                    for (int i = Math.max(left, 0); i < right; i++) {
                        max = Math.max(max, ALL.get(F32, plane + 4L * (y * width + i)));
                    }
                }
                ALL.set(F32, target + 4L * j, max);
            }
        }

        void meanRow(long plane, int top, boolean countPadding, long target) {
            int first = Math.max(top, 0);
            int bottom = Math.min(top + kernel, height);
            for (int j = 0; j < outWidth; j++) {
                int left = Math.max(j * stride - pad, 0);
                int right = Math.min(j * stride - pad + kernel, width);
                double sum = 0;
                for (int y = first; y < bottom; y++) {
                    for (int i = left; i < right; i++) {
                        sum += ALL.get(F32, plane + 4L * (y * width + i));
                    }
                }
                int count = countPadding ? kernel * kernel : (bottom - first) * (right - left);
                ALL.set(F32, target + 4L * j, (float) (sum / count));
            }
        }
    }
}
