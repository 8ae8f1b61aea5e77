package dev.earshot.tensor.cpu;

/** The share of one worker in a step whose pieces are for whoever is free; every worker's share has the same queue. */
interface PieceTask extends Task {
    /** Hands out the pieces. */
    PieceQueue queue();

    /** Does one of them. */
    void piece(int index);

    @Override
    default void run(int turn) {
        PieceQueue queue = queue();
        for (int next = queue.take(turn); next >= 0; next = queue.take(turn)) {
            piece(next);
        }
    }

    /** All pieces, where this worker is alone. */
    @Override
    default void run() {
        for (int i = 0; i < queue().count(); i++) {
            piece(i);
        }
    }
}
