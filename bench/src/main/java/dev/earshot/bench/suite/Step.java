package dev.earshot.bench.suite;

import java.util.List;

/**
 * One process of a part.
 *
 * @param name for progress and for the page
 * @param file what it writes, a name in the raw folder
 * @param command program and arguments
 * @param seconds about how long it takes where it was never run; what it took before counts more
 */
record Step(String name, String file, List<String> command, double seconds) {
    private static final double USUAL_SECONDS = 60;

    /** One that takes about a minute. */
    Step(String name, String file, List<String> command) {
        this(name, file, command, USUAL_SECONDS);
    }
}
