package dev.earshot.tools.demoworld;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A CSV table that several runs add to: rows of the clips just made replace earlier rows of the same name. */
final class ClipTable {
    private ClipTable() {}

    static void merge(Path file, String header, List<String> rows) {
        Set<String> fresh = rows.stream().map(ClipTable::key).collect(Collectors.toSet());
        List<String> lines = new ArrayList<>();
        lines.add(header);
        try {
            if (Files.exists(file)) {
                List<String> before = Files.readAllLines(file);
                if (!before.isEmpty() && !before.getFirst().equals(header)) {
                    throw new IllegalArgumentException("demo world: expected a table with the columns " + header
                            + ", got " + before.getFirst() + " (" + file + ") — choose another folder");
                }
                before.stream().skip(1).filter(row -> !fresh.contains(key(row))).forEach(lines::add);
            }
            lines.addAll(rows);
            Files.createDirectories(file.getParent());
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException("demo world: cannot write " + file, e);
        }
    }

    private static String key(String row) {
        return row.substring(0, row.indexOf(','));
    }
}
