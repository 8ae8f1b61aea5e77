package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.AdamStep;
import java.lang.foreign.ValueLayout;

/** One step of Adam; see {@link AdamStep}. The scalars are read when it runs. */
record Adam(View parameter, View gradient, View firstMoment, View secondMoment, View scalars) implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        LoopSpace space = LoopSpace.over(parameter.dims(), parameter, gradient, firstMoment, secondMoment);
        RowTask.add(binder, "adam " + parameter, space, 4, worker -> {
            Gradient p = new Gradient(worker, parameter, space.rowStride(0));
            Operand g = new Operand(worker, gradient, space.rowStride(1));
            Gradient m = new Gradient(worker, firstMoment, space.rowStride(2));
            Gradient v = new Gradient(worker, secondMoment, space.rowStride(3));
            float[] s = new float[AdamStep.SCALARS];
            long slopes = worker.scratch().allocate(4L * RowTask.PIECE);
            return (offsets, n) -> {
                Rows.toArray(scalars.address(), s, 0, s.length);
                long values = p.current(offsets[0], n);
                long first = m.current(offsets[2], n);
                long second = v.current(offsets[3], n);
                slopes(s, g.dense(offsets[1], n), values, slopes, n);
                moments(s, slopes, first, second, n);
                update(s, first, second, values, n);
                p.store(offsets[0], n);
                m.store(offsets[2], n);
                v.store(offsets[3], n);
            };
        });
    }

    private static void slopes(float[] s, long gradient, long values, long target, int n) {
        float scale = s[AdamStep.GRADIENT_SCALE];
        float l2 = s[7];
        for (int i = 0; i < n; i++) {
            float sum = scale * ALL.get(F32, gradient + 4L * i) + l2 * ALL.get(F32, values + 4L * i);
            ALL.set(F32, target + 4L * i, sum);
        }
    }

    private static void moments(float[] s, long slopes, long first, long second, int n) {
        float beta1 = s[0];
        float rest1 = s[1];
        float beta2 = s[2];
        float rest2 = s[3];
        for (int i = 0; i < n; i++) {
            float g = ALL.get(F32, slopes + 4L * i);
            ALL.set(F32, first + 4L * i, beta1 * ALL.get(F32, first + 4L * i) + rest1 * g);
            ALL.set(F32, second + 4L * i, beta2 * ALL.get(F32, second + 4L * i) + rest2 * g * g);
        }
    }

    private static void update(float[] s, long first, long second, long values, int n) {
        float rate = s[4];
        float correction = s[5];
        float eps = s[6];
        float keep = s[8];
        for (int i = 0; i < n; i++) {
            float root = (float) Math.sqrt(ALL.get(F32, second + 4L * i)) / correction + eps;
            ALL.set(
                    F32,
                    values + 4L * i,
                    keep * ALL.get(F32, values + 4L * i) - rate * ALL.get(F32, first + 4L * i) / root);
        }
    }
}
