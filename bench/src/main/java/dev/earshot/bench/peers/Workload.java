package dev.earshot.bench.peers;

import java.util.Map;

/** Something a peer does as well: made once, run many times, its result compared before anything is timed. */
public interface Workload extends AutoCloseable {
    /** One run; the result is complete when it returns. */
    void run();

    /** The result of the last run. */
    float[] output();

    /** Versions and settings for the report. */
    Map<String, Object> facts();

    @Override
    void close();
}
