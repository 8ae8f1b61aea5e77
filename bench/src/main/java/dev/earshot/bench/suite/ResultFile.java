package dev.earshot.bench.suite;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.result.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Everything one run measured: {@code results.json}.
 *
 * @param machine before the first part
 * @param loadAfter load average behind the last part
 * @param threads of each part
 * @param quick true if repeats were few
 * @param yardstick what shares refer to
 * @param card in words, with its libraries; empty where none was measured
 * @param outcomes how each step ended
 * @param results single figures
 * @param series figures against a size
 * @param aims met or missed
 * @param failures what could not be measured within a step that ran, or could not be read
 */
record ResultFile(
        Machine machine,
        double loadAfter,
        int threads,
        boolean quick,
        Yardstick yardstick,
        String card,
        List<Outcome> outcomes,
        List<Result> results,
        List<Series> series,
        List<Aim.Verdict> aims,
        List<String> failures) {
    static final String NAME = "results.json";

    /** Files of a processor alone lack the card. */
    ResultFile {
        card = Objects.requireNonNullElse(card, "");
    }

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    void write(Path folder) throws IOException {
        JSON.writeValue(folder.resolve(NAME).toFile(), this);
    }

    /** From the text of a file. */
    static ResultFile parse(String text) throws IOException {
        return JSON.readValue(text, ResultFile.class);
    }
}
