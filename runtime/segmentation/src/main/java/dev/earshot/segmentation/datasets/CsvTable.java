package dev.earshot.segmentation.datasets;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small comma-separated table; quoted fields, CR LF, a byte-order mark and empty lines are all right. */
final class CsvTable {
    private static final CsvMapper CSV = CsvMapper.builder()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
            .enable(CsvParser.Feature.TRIM_SPACES)
            .build();

    private final Path file;
    private final List<String> header;
    private final List<List<String>> rows;

    private CsvTable(Path file, List<String> header, List<List<String>> rows) {
        this.file = file;
        this.header = header;
        this.rows = rows;
    }

    /** A table whose first line names the columns. */
    static CsvTable withHeader(Path file) {
        List<List<String>> rows = rows(file);
        if (rows.isEmpty()) {
            throw new IllegalArgumentException(file + ": expected a table with a header, got an empty file");
        }
        return new CsvTable(file, rows.getFirst(), rows.subList(1, rows.size()));
    }

    /** A table without a header. */
    static CsvTable withoutHeader(Path file) {
        return new CsvTable(file, List.of(), rows(file));
    }

    private static List<List<String>> rows(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            String plain = text.startsWith("\ufeff") ? text.substring(1) : text;
            List<List<String>> rows = new ArrayList<>();
            try (MappingIterator<String[]> each = CSV.readerFor(String[].class).readValues(plain)) {
                while (each.hasNext()) {
                    rows.add(List.of(each.next()));
                }
            }
            return rows;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    file + ": expected comma-separated UTF-8 text, got " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read as UTF-8 text", e);
        } catch (RuntimeException e) { // the iterator's wrapping of parse errors
            throw new IllegalArgumentException(file + ": expected comma-separated text, got " + e.getMessage(), e);
        }
    }

    int size() {
        return rows.size();
    }

    /** Number of fields of a row. */
    int fields(int row) {
        return rows.get(row).size();
    }

    /** The position of a column. */
    int column(String name) {
        int at = header.indexOf(name);
        if (at < 0) {
            throw new IllegalArgumentException(file + ": expected a column " + name + ", got the columns " + header);
        }
        return at;
    }

    /** A field, by row (from 0, without the header) and column. */
    String get(int row, int column) {
        List<String> fields = rows.get(row);
        if (column >= fields.size()) {
            throw new IllegalArgumentException(
                    "%s: expected at least %d fields in %s, got %s".formatted(file, column + 1, where(row), fields));
        }
        return fields.get(column);
    }

    /** A field that becomes part of a path. */
    String name(int row, int column) {
        String name = get(row, column);
        if (!DataFolder.isPlainName(name)) {
            throw new IllegalArgumentException(
                    "%s: expected a plain name in %s, got \"%s\"".formatted(file, where(row), name));
        }
        return name;
    }

    /** How messages call a row. */
    String where(int row) {
        return "row " + (row + 1);
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
