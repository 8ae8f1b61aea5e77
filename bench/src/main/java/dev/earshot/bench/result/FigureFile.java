package dev.earshot.bench.result;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * What one program measured in one run, as JSON.
 *
 * @param machine where and when
 * @param device the card in words, with its libraries; empty where none was measured
 * @param figures single numbers
 * @param series numbers against sizes
 */
public record FigureFile(Machine machine, String device, List<Figure> figures, List<Series> series) {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /** Files of a processor alone lack the device. */
    public FigureFile {
        device = Objects.requireNonNullElse(device, "");
    }

    /** What was measured on a processor. */
    public FigureFile(Machine machine, List<Figure> figures, List<Series> series) {
        this(machine, "", figures, series);
    }

    /** Writes the file; the folder is made if it is missing. */
    public void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        JSON.writeValue(file.toFile(), this);
    }

    /** Reads a file that {@link #write} wrote. */
    public static FigureFile read(Path file) throws IOException {
        return JSON.readValue(file.toFile(), FigureFile.class);
    }
}
