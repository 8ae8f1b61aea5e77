package dev.earshot.tensor.cpu;

import java.util.concurrent.atomic.AtomicLong;

/** How many pieces of a step are done in this turn, for pieces that need them. */
final class PieceCount {
    private static final int TURN_BITS = 32;

    /** Iterations of a spin wait before the processor is offered to others. */
    private static final int SPINS = 2_000;

    private final AtomicLong done = new AtomicLong(); // the turn, and below it how many are done in that turn

    /** One more is done; what its worker wrote is seen by whoever {@link #await}s it. */
    void add(int turn) {
        while (true) {
            long state = done.get();
            int before = (int) (state >> TURN_BITS) == turn ? (int) state : 0;
            if (done.compareAndSet(state, (long) turn << TURN_BITS | before + 1)) {
                return;
            }
        }
    }

    /** Returns when {@code count} are done. All of them must have been taken by workers that are in this step. */
    void await(int turn, int count) {
        long expected = (long) turn << TURN_BITS | count;
        for (int waits = 0; done.get() != expected; waits++) {
            if (waits < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }
}
