package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;

/** A view whose pieces are wanted as dense F32. */
final class Operand {
    private final View view;
    private final long stride;
    private final boolean inPlace;
    private final long piece;

    Operand(Worker worker, View view, long stride) {
        this.view = view;
        this.stride = stride;
        this.inPlace = view.dtype() == DType.F32 && stride == 1;
        this.piece = inPlace ? 0 : worker.scratch().allocate(4L * RowTask.PIECE);
    }

    long dense(long offset, int n) {
        if (inPlace) {
            return view.at(offset);
        }
        Rows.load(view.dtype(), view.at(offset), stride, piece, n);
        return piece;
    }
}
