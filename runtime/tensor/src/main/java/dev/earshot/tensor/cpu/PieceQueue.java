package dev.earshot.tensor.cpu;

/**
 * Numbered pieces of a step, each for the worker that is free first: where the processors are shared with others, a worker
 * that lost some milliseconds then leaves its pieces to the rest of the team instead of letting it wait. What a piece
 * computes must not depend on who does it.
 */
final class PieceQueue {
    private final int count;
    private final PieceCount taken = new PieceCount();

    /** Pieces 0 to {@code count - 1}. */
    PieceQueue(int count) {
        this.count = count;
    }

    /** A number that the last turn did not have, where there is no team to give one. */
    int nextTurn() {
        return taken.turn() + 1;
    }

    /**
     * The next piece that nobody has taken, or -1 if there is none left.
     *
     * @param turn a number of this run of the step, the same for all workers; see {@link Task#run(int)}
     */
    int take(int turn) {
        return taken.addBelow(turn, count);
    }
}
