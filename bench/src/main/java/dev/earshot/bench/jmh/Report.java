package dev.earshot.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Turns JMH's JSON into a Markdown table and one bar chart per benchmark class; several files are compared. */
@Command(
        name = "bench/report",
        description = "Writes results.md and a bar chart per benchmark class from JMH's JSON files.",
        mixinStandardHelpOptions = true)
public final class Report implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "FILE.json", description = "what bench/jmh wrote")
    private List<Path> files = List.of();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "folder to write to; made if missing")
    private Path out;

    /**
     * One line of a file.
     *
     * @param suite simple name of the benchmark's class
     * @param name its method and parameters, which tell it from the others of its suite
     * @param error half of JMH's 99.9 % interval; NaN where a single iteration gives none
     * @param unit for example {@code ns/op}
     */
    record Result(String file, String suite, String name, double score, double error, String unit) {}

    private Report() {}

    /** See {@code --help}. */
    public static void main(String[] arguments) {
        System.setProperty("java.awt.headless", "true");
        CommandLine command = new CommandLine(new Report());
        command.setExecutionExceptionHandler((failure, line, parsed) -> {
            line.getErr().println("bench/report: " + failure.getMessage());
            return 1;
        });
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        List<Result> results = new ArrayList<>();
        for (Path file : files) {
            results.addAll(read(file));
        }
        write(results, out);
        System.out.println(out.resolve("results.md"));
        return 0;
    }

    /** The results of one file, named by its name without ending. */
    static List<Result> read(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException("%s: expected a readable file of JMH results — bench/jmh writes one".formatted(file));
        }
        JsonNode runs = new ObjectMapper().readTree(file.toFile());
        if (!runs.isArray() || runs.isEmpty() || !runs.get(0).has("primaryMetric")) {
            throw new IOException(
                    "%s: expected an array of JMH results, got something else — run bench/jmh with -rf json"
                            .formatted(file));
        }
        String label = file.getFileName().toString().replaceFirst("\\.json$", "");
        List<Result> results = new ArrayList<>();
        for (JsonNode run : runs) {
            String[] path = run.get("benchmark").asText().split("\\.");
            JsonNode metric = run.get("primaryMetric");
            results.add(new Result(
                    label,
                    path[path.length - 2],
                    (path[path.length - 1] + " " + parameters(run)).strip(),
                    metric.get("score").asDouble(),
                    metric.get("scoreError").asDouble(Double.NaN),
                    metric.get("scoreUnit").asText()));
        }
        return results;
    }

    private static String parameters(JsonNode run) {
        List<String> parts = new ArrayList<>();
        if (run.has("params")) {
            run.get("params")
                    .properties()
                    .forEach(p -> parts.add(p.getKey() + "=" + p.getValue().asText()));
        }
        return String.join(" ", parts);
    }

    /** Writes {@code results.md} and the charts it shows. */
    static void write(List<Result> results, Path folder) throws IOException {
        Files.createDirectories(folder);
        Map<String, List<Result>> suites =
                results.stream().collect(Collectors.groupingBy(Result::suite, LinkedHashMap::new, Collectors.toList()));
        StringBuilder text = new StringBuilder("# Benchmark results\n");
        for (Map.Entry<String, List<Result>> suite : suites.entrySet()) {
            String picture = suite.getKey() + ".png";
            text.append("\n## %s\n\n".formatted(suite.getKey()));
            text.append(table(suite.getValue()));
            text.append("\n![%s](%s)\n".formatted(suite.getKey(), picture));
            ResultChart.write(suite.getKey(), suite.getValue(), folder.resolve(picture));
        }
        Files.writeString(folder.resolve("results.md"), text);
    }

    /** A row per benchmark, a column per file; with several files the last one's share of the first one's score. */
    static String table(List<Result> results) {
        List<String> labels = results.stream().map(Result::file).distinct().toList();
        Map<String, List<Result>> rows = results.stream()
                .collect(Collectors.groupingBy(
                        result -> "%s | %s".formatted(result.name(), result.unit()),
                        LinkedHashMap::new,
                        Collectors.toList()));
        boolean compares = labels.size() > 1;
        StringBuilder text = new StringBuilder("| benchmark | unit | " + String.join(" | ", labels));
        text.append(compares ? " | last / first |\n" : " |\n");
        text.append("|---|---|")
                .append("---:|".repeat(labels.size() + (compares ? 1 : 0)))
                .append('\n');
        rows.forEach((row, cells) -> {
            text.append("| ").append(row);
            for (String label : labels) {
                text.append(" | ").append(cell(cells, label));
            }
            if (compares) {
                text.append(" | ").append(ratio(cells, labels.getFirst(), labels.getLast()));
            }
            text.append(" |\n");
        });
        return text.toString();
    }

    private static String cell(List<Result> cells, String label) {
        return cells.stream()
                .filter(result -> result.file().equals(label))
                .map(result ->
                        digits(result.score()) + (Double.isNaN(result.error()) ? "" : " ± " + digits(result.error())))
                .collect(Collectors.joining(", "));
    }

    private static String ratio(List<Result> cells, String first, String last) {
        List<Double> scores = List.of(first, last).stream()
                .flatMap(label -> cells.stream()
                        .filter(result -> result.file().equals(label))
                        .limit(1))
                .map(Result::score)
                .toList();
        return scores.size() == 2 ? String.format(Locale.ROOT, "%.2f", scores.get(1) / scores.get(0)) : "";
    }

    /** A number with three digits that mean something. */
    static String digits(double value) {
        double size = Math.abs(value);
        return String.format(
                Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f", value);
    }
}
