package dev.earshot.tensor.cpu;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbered pieces of a step, each for the worker that is free first: where the processors are shared with others, a worker
 * that lost some milliseconds then leaves its pieces to the rest of the team instead of letting it wait. What a piece
 * computes must not depend on who does it.
 */
final class PieceQueue {
    private static final int TURN_BITS = 32;

    private final int count;
    private final AtomicLong taken = new AtomicLong(); // the turn, and below it how many pieces are taken in that turn

    /** Pieces 0 to {@code count - 1}. */
    PieceQueue(int count) {
        this.count = count;
    }

    /** A number that the last turn did not have, where there is no team to give one. */
    int nextTurn() {
        return (int) (taken.get() >> TURN_BITS) + 1;
    }

    /**
     * The next piece that nobody has taken, or -1 if there is none left.
     *
     * @param turn a number of this run of the step, the same for all workers; see {@link Task#run(int)}
     */
    int take(int turn) {
        while (true) {
            long state = taken.get();
            int next = (int) (state >> TURN_BITS) == turn ? (int) state : 0;
            if (next == count) {
                return -1;
            }
            if (taken.compareAndSet(state, (long) turn << TURN_BITS | next + 1)) {
                return next;
            }
        }
    }
}
