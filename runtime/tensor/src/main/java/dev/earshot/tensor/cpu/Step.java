package dev.earshot.tensor.cpu;

/**
 * One bound piece of an op: a share of work per worker, none of which reads what another writes. All workers meet after a
 * step.
 *
 * @param name op and sizes, for the profile
 * @param flops floating-point operations of all shares, 0 where bytes matter more
 * @param shares by worker; may be shorter than the team
 */
record Step(String name, long flops, Task[] shares) implements AutoCloseable {
    /** The share of a worker; {@code turn} as in {@link Task#run(int)}. */
    void run(int worker, int turn) {
        if (worker < shares.length) {
            shares[worker].run(turn);
        }
    }

    /** All that there is to do, by worker 0 alone. */
    void runSingle() {
        if (shares.length > 0) {
            shares[0].run();
        }
    }

    /** True if only worker 0 has something to do, so that nobody needs to be woken. */
    boolean single() {
        for (int i = 1; i < shares.length; i++) {
            if (shares[i] != Task.IDLE) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        for (Task share : shares) {
            share.close();
        }
    }
}
