package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;

/** out = x broadcast, converted. */
record Copy(View x, View out) implements Op {
    @Override
    public void bind(Binder binder) {
        bind(binder, x.broadcastTo(out.dims()), out);
    }

    /** Adds the copy between views of equal sizes. */
    static void bind(Binder binder, View x, View out) {
        LoopSpace space = LoopSpace.over(out.dims(), x, out);
        RowTask.add(binder, "copy " + x + " -> " + out.dtype(), space, 2, worker -> {
            long piece = worker.scratch().allocate(4L * RowTask.PIECE);
            return body(x, space.rowStride(0), out, space.rowStride(1), piece);
        });
    }

    /** The copy of one piece of a row; {@code piece} is room for one as F32. */
    static RowTask.Body body(View x, long from, View out, long to, long piece) {
        if (x.dtype() == out.dtype()) {
            int bytes = x.dtype().bytes();
            return (offsets, n) -> Rows.move(bytes, x.at(offsets[0]), from, out.at(offsets[1]), to, n);
        }
        if (!x.dtype().isFloat() && !out.dtype().isFloat()) {
            return (offsets, n) ->
                    Rows.convertIntegers(x.dtype(), x.at(offsets[0]), from, out.dtype(), out.at(offsets[1]), to, n);
        }
        if (out.dtype() == DType.F32 && to == 1) {
            return (offsets, n) -> Rows.load(x.dtype(), x.at(offsets[0]), from, out.at(offsets[1]), n);
        }
        if (x.dtype() == DType.F32 && from == 1) {
            return (offsets, n) -> Rows.store(out.dtype(), x.at(offsets[0]), out.at(offsets[1]), to, n);
        }
        return (offsets, n) -> {
            Rows.load(x.dtype(), x.at(offsets[0]), from, piece, n);
            Rows.store(out.dtype(), piece, out.at(offsets[1]), to, n);
        };
    }
}
