package dev.earshot.segmentation.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The log of a run, once as JSON lines and once as CSV. */
public final class TrainingLog {
    /** One JSON object a line. */
    public static final String JSON_LINES = "log.jsonl";

    /** The same as a table. */
    public static final String CSV = "log.csv";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final List<LogEntry> entries = new ArrayList<>();

    /**
     * The log of a run that goes on from a step: lines of later steps, which a killed process may have left, are dropped.
     *
     * @param step steps done; 0 for a new log
     */
    TrainingLog(Path folder, long step) {
        this.folder = folder;
        read(folder).stream().filter(entry -> entry.step() <= step).forEach(entries::add);
        String csv = LogEntry.HEADER + entries.stream().map(TrainingLog::csv).collect(Collectors.joining());
        String lines = entries.stream().map(TrainingLog::json).collect(Collectors.joining());
        write(CSV, csv);
        write(JSON_LINES, lines);
    }

    private void write(String name, String text) {
        DurableFiles.write(
                folder.resolve(name), out -> out.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }

    /** All lines of a run's log that are whole. */
    public static List<LogEntry> read(Path folder) {
        Path file = folder.resolve(JSON_LINES);
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            List<LogEntry> entries = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                entries.addAll(parse(line));
            }
            return entries;
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
    }

    /** The entry of a line, or none if the process died while it was written. */
    private static List<LogEntry> parse(String line) {
        try {
            JsonNode node = JSON.readTree(line);
            return node.path("step").isIntegralNumber() ? List.of(JSON.treeToValue(node, LogEntry.class)) : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Appends a line. */
    void add(LogEntry entry) {
        entries.add(entry);
        append(CSV, csv(entry));
        append(JSON_LINES, json(entry));
    }

    /** The lines so far. */
    public List<LogEntry> entries() {
        return List.copyOf(entries);
    }

    private void append(String name, String line) {
        try {
            Files.writeString(folder.resolve(name), line, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(folder.resolve(name) + " cannot be written", e);
        }
    }

    private static String csv(LogEntry entry) {
        return entry.values().stream().map(String::valueOf).collect(Collectors.joining(",")) + "\n";
    }

    private static String json(LogEntry entry) {
        try {
            return JSON.writeValueAsString(entry) + "\n";
        } catch (IOException e) {
            throw new IllegalStateException("log line cannot be written as JSON", e);
        }
    }
}
