package dev.earshot.tensor.cpu;

/** The share of one worker in a step whose pieces are for whoever is free; every worker's share has the same queue. */
interface PieceTask extends Task {
    /** Hands out the pieces. */
    PieceQueue queue();

    /** Does one of them in this turn of the step. */
    void piece(int index, int turn);

    @Override
    default void run(int turn) {
        PieceQueue queue = queue();
        for (int next = queue.take(turn); next >= 0; next = queue.take(turn)) {
            piece(next, turn);
        }
    }

    /** All pieces, where this worker is alone. */
    @Override
    default void run() {
        run(queue().nextTurn());
    }
}
