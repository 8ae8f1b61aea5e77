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

    /** Of a raw folder; {@code otherwise} where no call has run parts in it. */
    static RunFacts in(Path raw, RunFacts otherwise) throws IOException {
        Path file = raw.resolve(NAME);
        return Files.exists(file) ? JSON.readValue(file.toFile(), RunFacts.class) : otherwise;
    }

    void write(Path raw) throws IOException {
        JSON.writeValue(raw.resolve(NAME).toFile(), this);
    }
}
