package dev.earshot.segmentation.datasets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What papers report on the benchmarks, from a table that comes with the project: the results of MoCA, CMSF and SeAC and
 * of the methods that they compare with.
 *
 * @param caution what to bear in mind beside any of the figures
 * @param rows the main tables, in the papers' order
 * @param ablations variants of MoCA and SeAC
 */
public record PaperResults(String caution, List<Row> rows, List<Row> ablations) {
    /** The name of the mean IoU among the figures. */
    public static final String MIOU = "miou";

    /** The name of the F-measure. */
    public static final String FSCORE = "fscore";

    /** The name of VGG-SS's share of samples with cIoU of at least 0.5. */
    public static final String CIOU = "ciou";

    /** The name of the area under the success curve. */
    public static final String AUC = "auc";

    /** The name of the average precision. */
    public static final String AP = "ap";

    /** The name of the largest F1. */
    public static final String MAX_F1 = "max_f1";

    private static final Set<String> NAMES = Set.of(MIOU, FSCORE, CIOU, AUC, AP, MAX_F1);

    public PaperResults {
        rows = List.copyOf(rows);
        ablations = List.copyOf(ablations);
    }

    /**
     * A method in a paper's table.
     *
     * @param method its name there
     * @param papers whose tables hold the row
     * @param supervised whether it was trained with masks
     * @param note anything else; mostly empty
     * @param figures by benchmark and name; fractions, whatever the paper prints
     */
    public record Row(
            String method,
            List<String> papers,
            boolean supervised,
            String note,
            Map<BenchmarkKind, Map<String, Double>> figures) {
        public Row {
            papers = List.copyOf(papers);
            figures = Map.copyOf(figures);
        }

        /** True if the row says something about a benchmark. */
        public boolean covers(BenchmarkKind kind) {
            return figures.containsKey(kind);
        }

        /** A figure as a fraction; NaN if the paper has none. */
        public double figure(BenchmarkKind kind, String name) {
            return figures.getOrDefault(kind, Map.of()).getOrDefault(name, Double.NaN);
        }
    }

    /** Reads the table. */
    public static PaperResults load() {
        try (InputStream in = PaperResults.class.getResourceAsStream("papers.json")) {
            return parse(new ObjectMapper().readTree(in));
        } catch (IOException e) {
            throw new UncheckedIOException("papers.json cannot be read from the jar", e);
        }
    }

    /** The rows of the main tables that have figures for a benchmark. */
    public List<Row> on(BenchmarkKind kind) {
        return rows.stream().filter(row -> row.covers(kind)).toList();
    }

    private static PaperResults parse(JsonNode table) {
        return new PaperResults(
                table.path("caution").asText(), rows(table.path("rows")), rows(table.path("ablations")));
    }

    private static List<Row> rows(JsonNode list) {
        List<Row> rows = new ArrayList<>();
        for (JsonNode node : list) {
            List<String> papers = new ArrayList<>();
            node.path("papers").forEach(paper -> papers.add(paper.asText()));
            double scale = switch (node.path("unit").asText()) {
                case "fraction" -> 1;
                case "percent" -> 100;
                default ->
                    throw new IllegalArgumentException(
                            "papers.json: expected the unit fraction or percent, got " + node);
            };
            Map<BenchmarkKind, Map<String, Double>> figures = new LinkedHashMap<>();
            node.path("figures")
                    .properties()
                    .forEach(entry -> figures.put(BenchmarkKind.of(entry.getKey()), figures(entry.getValue(), scale)));
            rows.add(new Row(
                    node.path("method").asText(),
                    papers,
                    node.path("supervised").asBoolean(),
                    node.path("note").asText(),
                    figures));
        }
        return rows;
    }

    private static Map<String, Double> figures(JsonNode node, double scale) {
        Map<String, Double> figures = new LinkedHashMap<>();
        node.properties().forEach(entry -> {
            if (!NAMES.contains(entry.getKey())) {
                throw new IllegalArgumentException("papers.json: expected a figure among " + NAMES + ", got " + node);
            }
            figures.put(entry.getKey(), entry.getValue().asDouble() / scale);
        });
        return Map.copyOf(figures);
    }
}
