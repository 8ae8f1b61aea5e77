package dev.earshot.bench.suite;

import java.util.concurrent.TimeUnit;

/**
 * The time a call may take, and whether it leaves out what earlier calls measured.
 *
 * @param deadline by {@link System#nanoTime}
 * @param bounded false: there is no deadline
 * @param resume true to run only what is not measured yet
 */
record Budget(long deadline, boolean bounded, boolean resume) {
    /** For the page, which is made when the time is over. */
    private static final long RESERVED_SECONDS = 10;

    /** All the time there is, everything anew. */
    static final Budget UNBOUNDED = new Budget(0, false, false);

    /** From now on; no {@code minutes}: without end. */
    static Budget of(double minutes, boolean resume) {
        long nanos = Math.round(minutes * 60e9) - TimeUnit.SECONDS.toNanos(RESERVED_SECONDS);
        return new Budget(System.nanoTime() + nanos, minutes > 0, resume);
    }

    /** Seconds until the deadline, negative once it is over. */
    double secondsLeft() {
        return bounded ? (deadline - System.nanoTime()) / 1e9 : Double.POSITIVE_INFINITY;
    }

    /** True if a step of so many seconds should be done in time. */
    boolean fits(double seconds) {
        return seconds <= secondsLeft();
    }
}
