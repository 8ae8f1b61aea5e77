package dev.earshot.tools.eval;

import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BenchmarkKind;
import dev.earshot.segmentation.datasets.PaperResults;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Our row and the papers' rows of one benchmark, side by side. */
public record Figures(List<String> columns, List<Row> rows, List<String> cautions) {
    private static final Map<String, String> TITLES = Map.of(
            PaperResults.MIOU, "mIoU",
            PaperResults.FSCORE, "F",
            PaperResults.CIOU, "cIoU",
            PaperResults.AUC, "AUC",
            PaperResults.AP, "AP",
            PaperResults.MAX_F1, "max-F1");

    /**
     * A method.
     *
     * @param method its name
     * @param source the papers whose tables hold the row; "this run" for ours
     * @param supervised whether it was trained with masks
     * @param values in the order of the columns; NaN where there is none
     */
    public record Row(String method, String source, boolean supervised, List<Double> values, boolean ours) {
        public Row {
            values = List.copyOf(values);
        }
    }

    public Figures {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        cautions = List.copyOf(cautions);
    }

    /** What a column is called in tables. */
    public static String title(String figure) {
        return TITLES.getOrDefault(figure, figure);
    }

    /** Sets the outcome beside the papers' rows, where these belong there. */
    public static Figures of(Benchmark benchmark, Method method, Outcome outcome) {
        List<String> names = List.copyOf(outcome.headline().keySet());
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(
                method.name(), "this run", false, List.copyOf(outcome.headline().values()), true));
        List<String> cautions = new ArrayList<>();
        if (!benchmark.comparable()) {
            cautions.add(benchmark.caution() + (benchmark.source().demo() ? "; the papers' rows are left out" : ""));
        }
        if (benchmark.kind() == BenchmarkKind.AVSS) {
            cautions.add(
                    "the method knows no classes: these are binary figures (anything that sounds against the rest),"
                            + " which no paper reports; the papers' rows are left out");
        } else if (!benchmark.source().demo()) {
            PaperResults papers = PaperResults.load();
            for (PaperResults.Row row : papers.on(benchmark.kind())) {
                List<Double> values = names.stream()
                        .map(name -> row.figure(benchmark.kind(), name))
                        .toList();
                rows.add(new Row(row.method(), String.join(", ", row.papers()), row.supervised(), values, false));
            }
            cautions.add(papers.caution());
        }
        return new Figures(names, rows, cautions);
    }

    /** For a terminal. */
    public List<String> lines() {
        int width = rows.stream().mapToInt(r -> r.method().length()).max().orElse(0);
        width = Math.max(width, "method".length());
        List<String> lines = new ArrayList<>();
        StringBuilder head = new StringBuilder("%-" + width + "s").append(" %10s".repeat(columns.size()));
        lines.add((String.format(
                        Locale.ROOT,
                        head + "  %-10s  %s",
                        cells("method", columns.stream().map(Figures::title).toList(), "", "source")))
                .stripTrailing());
        for (Row row : rows) {
            lines.add(String.format(
                            Locale.ROOT,
                            head + "  %-10s  %s",
                            cells(
                                    row.method(),
                                    row.values().stream().map(v -> word(v)).toList(),
                                    row.supervised() ? "supervised" : "",
                                    row.source()))
                    .stripTrailing());
        }
        cautions.forEach(caution -> lines.add("! " + caution));
        return lines;
    }

    private static Object[] cells(String first, List<String> middle, String mark, String last) {
        List<Object> cells = new ArrayList<>();
        cells.add(first);
        cells.addAll(middle);
        cells.add(mark);
        cells.add(last);
        return cells.toArray();
    }

    /** A fraction as tables show it; a dash for none. */
    public static String word(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.3f", value);
    }
}
