package dev.earshot.tools.eval;

import com.fasterxml.jackson.databind.SequenceWriter;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.earshot.segmentation.output.AtomicFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Writes tables as CSV (RFC 4180, with a header); fractions have six decimals. */
final class CsvFiles {
    private static final CsvMapper CSV = CsvMapper.builder()
            .enable(CsvGenerator.Feature.STRICT_CHECK_FOR_QUOTING)
            .build();

    private CsvFiles() {}

    static void write(Path file, Table table) {
        CsvSchema.Builder schema = CsvSchema.builder().setUseHeader(true);
        table.headers().forEach(schema::addColumn);
        AtomicFiles.write(file, out -> {
            try (SequenceWriter rows = CSV.writer(schema.build()).writeValues(out)) {
                for (List<Object> row : table.rows()) {
                    rows.write(row.stream().map(CsvFiles::word).toList());
                }
            }
        });
    }

    private static String word(Object cell) {
        return cell instanceof Double number ? String.format(Locale.ROOT, "%.6f", number) : cell.toString();
    }
}
