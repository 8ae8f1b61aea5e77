package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What an {@link Op} binds itself with: the workers, the primitives, temporary memory, and the list it adds steps to. */
final class Binder {
    private final Team team;
    private final PrimitiveCache primitives;
    private final Scratch shared;
    private final boolean nativeBf16;
    private final List<Step> steps = new ArrayList<>();

    Binder(Team team, PrimitiveCache primitives, Scratch shared, boolean nativeBf16) {
        this.team = team;
        this.primitives = primitives;
        this.shared = shared;
        this.nativeBf16 = nativeBf16;
        shared.reset();
        for (int i = 0; i < team.size(); i++) {
            team.worker(i).scratch().reset();
        }
    }

    int workers() {
        return team.size();
    }

    Worker worker(int index) {
        return team.worker(index);
    }

    OneDnn onednn() {
        return team.worker(0).onednn();
    }

    /** True if oneDNN multiplies BF16 operands on this processor. */
    boolean nativeBf16() {
        return nativeBf16;
    }

    Primitive primitive(Object key, Supplier<Primitive> create) {
        return primitives.get(key, create);
    }

    void add(String name, long flops, Task... shares) {
        steps.add(new Step(name, flops, shares));
    }

    Step[] steps() {
        return steps.toArray(Step[]::new);
    }

    /** A temporary that all workers may use until the op ends. */
    View temporary(DType dtype, long... dims) {
        return View.dense(shared.allocate(View.dense(0, dtype, dims).elements() * dtype.bytes()), dtype, dims);
    }

    /** {@code x} itself if it is dense F32, else a temporary that a step fills with it. */
    View denseInput(View x) {
        return input(x, DType.F32, x.isDense());
    }

    /** {@code x} itself if it has type {@code dtype} and a {@code usable} layout, else a dense temporary filled with it. */
    View input(View x, DType dtype, boolean usable) {
        if (x.dtype() == dtype && usable) {
            return x;
        }
        View staged = temporary(dtype, x.dims());
        Copy.bind(this, x, staged);
        return staged;
    }

    /**
     * {@code out} itself if a primitive with operands of type {@code operands} can write it, else a temporary for
     * {@link #finish}.
     */
    View output(View out, DType operands, boolean usable) {
        boolean direct = usable && (out.dtype() == DType.F32 || out.dtype() == operands);
        return direct ? out : temporary(DType.F32, out.dims());
    }

    /** {@code out} itself if it is dense F32, else a temporary for {@link #finish}. */
    View denseOutput(View out) {
        return output(out, DType.F32, out.isDense());
    }

    /** Adds the step that brings a temporary of {@link #denseOutput} to its place, if it is one. */
    void finish(View result, View out) {
        if (result != out) {
            Copy.bind(this, result, out);
        }
    }

    /** The first index of part {@code part} of {@code parts} of a range, on a multiple of {@code unit}. */
    static long split(long size, int part, int parts, long unit) {
        long units = (size + unit - 1) / unit;
        return Math.min(size, units * part / parts * unit);
    }
}
