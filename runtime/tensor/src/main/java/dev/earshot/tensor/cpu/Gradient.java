package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;

/** An F32 view that pieces are added to. */
final class Gradient {
    private final View view;
    private final long stride;
    private final boolean inPlace;
    private final long piece;

    /** {@code stride} is the distance of the elements of a piece. */
    Gradient(Worker worker, View view, long stride) {
        this.view = view;
        this.stride = stride;
        this.inPlace = stride == 1;
        this.piece = inPlace ? 0 : worker.scratch().allocate(4L * RowTask.PIECE);
    }

    /** Address of the current values of a piece, dense; {@link #store} after changing them. */
    long current(long offset, int n) {
        if (inPlace) {
            return view.at(offset);
        }
        Rows.load(DType.F32, view.at(offset), stride, piece, n);
        return piece;
    }

    void store(long offset, int n) {
        if (!inPlace) {
            Rows.store(DType.F32, piece, view.at(offset), stride, n);
        }
    }
}
