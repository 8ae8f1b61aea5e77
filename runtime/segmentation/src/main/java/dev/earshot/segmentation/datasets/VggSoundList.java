package dev.earshot.segmentation.datasets;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables of VGGSound (hche11/VGGSound), without header, in their two forms: {@code vggsound.csv} with id, start
 * second, label and split, and {@code test.csv} with {@code <id>_<start>.mp4} and label. Labels with commas are quoted.
 */
public final class VggSoundList {
    private static final Pattern FILE = Pattern.compile("(.+)_(\\d{6})\\.mp4");

    private VggSoundList() {}

    /**
     * A row.
     *
     * @param id of the video; may begin with a dash and hold underscores
     * @param startSecond where the ten seconds begin
     * @param label one of 309 classes
     * @param split {@code train} or {@code test}; empty in the form that does not say
     */
    public record Row(String id, int startSecond, String label, String split) {}

    /**
     * Reads a table.
     *
     * @throws IllegalArgumentException if a row has neither form; names file and row
     */
    public static List<Row> read(Path csv) {
        CsvTable table = CsvTable.withoutHeader(csv);
        List<Row> rows = new ArrayList<>(table.size());
        for (int i = 0; i < table.size(); i++) {
            rows.add(table.fields(i) == 2 ? ofFile(table, i) : ofFields(table, i));
        }
        return List.copyOf(rows);
    }

    private static Row ofFile(CsvTable table, int i) {
        Matcher file = FILE.matcher(table.name(i, 0));
        if (!file.matches()) {
            throw wrong(table, i);
        }
        return new Row(file.group(1), Integer.parseInt(file.group(2)), table.get(i, 1), "");
    }

    private static Row ofFields(CsvTable table, int i) {
        if (table.fields(i) != 4 || !table.get(i, 1).matches("\\d{1,6}")) {
            throw wrong(table, i);
        }
        return new Row(table.name(i, 0), Integer.parseInt(table.get(i, 1)), table.get(i, 2), table.get(i, 3));
    }

    private static IllegalArgumentException wrong(CsvTable table, int i) {
        StringBuilder got = new StringBuilder();
        for (int column = 0; column < table.fields(i); column++) {
            got.append(column == 0 ? "" : ",").append(table.get(i, column));
        }
        return new IllegalArgumentException(
                "%s: expected id,start,label,split or <id>_<start>.mp4,label in %s, got \"%s\" — labels with commas must be quoted"
                        .formatted(table, table.where(i), got));
    }
}
