package dev.earshot.tools.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows under headers, for CSV files and pages. Fractions are {@code Double}s, counts whole numbers, all else text.
 *
 * @param caption what it shows
 */
public record Table(String caption, List<String> headers, List<List<Object>> rows) {
    public Table {
        headers = List.copyOf(headers);
        rows = new ArrayList<>(rows);
        for (List<Object> row : rows) {
            if (row.size() != headers.size()) {
                throw new IllegalArgumentException(
                        "table %s: expected %d cells, got %s".formatted(caption, headers.size(), row));
            }
        }
    }

    /** An empty table. */
    public static Table of(String caption, String... headers) {
        return new Table(caption, List.of(headers), List.of());
    }

    /** Adds a row. */
    public void add(Object... cells) {
        rows.add(List.of(cells));
    }
}
