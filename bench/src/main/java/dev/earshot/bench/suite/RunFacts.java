package dev.earshot.bench.suite;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.earshot.bench.result.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the page says of the last call that ran parts, so that a later merge does not name its own time and load.
 *
 * @param machine before the first part
 * @param loadAfter load average behind the last part
 * @param threads of each part
 * @param quick true if repeats were few
 */
record RunFacts(Machine machine, double loadAfter, int threads, boolean quick) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final String NAME = "run.json";

    /** What a raw folder says of its run, if a merge alone asks; otherwise {@code now}, which the folder says from then on. */
    static RunFacts of(Path raw, boolean merge, RunFacts now) throws IOException {
        Path file = raw.resolve(NAME);
        if (merge && Files.exists(file)) {
            return JSON.readValue(file.toFile(), RunFacts.class);
        }
        JSON.writeValue(file.toFile(), now);
        return now;
    }
}
