package dev.earshot.bench.suite;

/** Exit statuses, the same numbers as those of the other {@code earshot} commands. */
final class Statuses {
    /** Everything asked for was done. */
    static final int OK = 0;
    /** A part failed, or a figure is worse than before. */
    static final int FAILED = 1;
    /** The command line is wrong. */
    static final int USAGE = 2;
    /** The machine lacks something: a card, a folder that can be written. */
    static final int ENVIRONMENT = 3;
    /** The time for this call is over and something is left for the next one. */
    static final int LEFT = 4;

    private Statuses() {}
}
