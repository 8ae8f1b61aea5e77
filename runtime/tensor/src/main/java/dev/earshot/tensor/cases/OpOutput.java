package dev.earshot.tensor.cases;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * One result of a row within its buffer.
 *
 * @param initial what the buffer holds before a run; NaN beside the view
 * @param isRead whether the op reads it too
 */
record OpOutput(Backend backend, HostTensor initial, Tensor buffer, Layout layout, Shape shape, boolean isRead) {
    Tensor view() {
        return layout.view(buffer, shape);
    }

    void clear() {
        backend.upload(initial, buffer);
    }

    /** The result, row-major; integers as doubles, of I64 the upper and the lower half, so that no bit is lost. */
    double[] values() {
        if (!buffer.dtype().isFloat()) {
            LongStream integers = Arrays.stream(backend.downloadIntegers(view()));
            return (buffer.dtype() == DType.I64 ? integers.flatMap(OpOutput::halves) : integers)
                    .asDoubleStream()
                    .toArray();
        }
        float[] values = backend.download(view());
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    OpContent content() {
        if (!buffer.dtype().isFloat()) {
            return new OpContent(Arrays.hashCode(backend.downloadIntegers(view())), 0);
        }
        float[] values = backend.download(view());
        long notNumbers = 0;
        for (float value : values) {
            notNumbers += Float.isNaN(value) ? 1 : 0;
        }
        return new OpContent(Arrays.hashCode(values), notNumbers);
    }

    private static LongStream halves(long value) {
        return LongStream.of(value >> Integer.SIZE, value & 0xffff_ffffL);
    }

    /** Number of elements of the buffer beside the view that the op has changed. */
    long strayWrites() {
        if (layout == Layout.DENSE) {
            return 0;
        }
        float[] all = backend.download(buffer);
        Tensor copy = Tensor.ofHost(MemorySegment.ofArray(all), DType.F32, buffer.shape());
        double[] unset = new double[Math.toIntExact(shape.elements())];
        Arrays.fill(unset, Float.NaN);
        Elements.write(unset, layout.view(copy, shape));
        long changed = 0;
        for (float value : all) {
            changed += Float.isNaN(value) ? 0 : 1;
        }
        return changed;
    }
}
