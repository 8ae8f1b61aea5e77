package dev.earshot.tensor.cpu;

import java.util.concurrent.atomic.AtomicLong;

/** How many pieces of a step are taken, or done, in this turn of it; begins anew with every turn. */
final class PieceCount {
    private static final int TURN_BITS = 32;

    /** Iterations of a spin wait before the processor is offered to others. */
    private static final int SPINS = 2_000;

    private final AtomicLong counted = new AtomicLong(); // the turn, and below it how many in that turn

    /** The turn that was counted last. */
    int turn() {
        return (int) (counted.get() >> TURN_BITS);
    }

    /** One more; what its worker wrote is seen by whoever {@link #await}s it. */
    void add(int turn) {
        addBelow(turn, Integer.MAX_VALUE);
    }

    /** One more than there were, which is returned; -1, and no more, if there were {@code most}. */
    int addBelow(int turn, int most) {
        while (true) {
            long state = counted.get();
            int before = (int) (state >> TURN_BITS) == turn ? (int) state : 0;
            if (before == most) {
                return -1;
            }
            if (counted.compareAndSet(state, (long) turn << TURN_BITS | before + 1)) {
                return before;
            }
        }
    }

    /** Returns when {@code count} are done. All of them must have been taken by workers that are in this step. */
    void await(int turn, int count) {
        long expected = (long) turn << TURN_BITS | count;
        for (int waits = 0; counted.get() != expected; waits++) {
            if (waits < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }
}
