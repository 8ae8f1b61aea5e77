package dev.earshot.bench.result;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What one program measured in one run, as JSON.
 *
 * @param machine where and when
 * @param figures single numbers
 * @param series numbers against sizes
 */
public record FigureFile(Machine machine, List<Figure> figures, List<Series> series) {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

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
