package dev.earshot.bench.suite;

import dev.earshot.bench.result.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The pictures of a run: ratios to the best peers, the roofline, and each quantity against what it grows with. */
final class Plots {
    private static final String ENDING = ".png";

    private Plots() {}

    /** Writes what there are figures for; file names and what they show. Pictures of an earlier merge are removed. */
    static Map<String, String> write(ResultFile run, Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path old :
                    files.filter(file -> file.toString().endsWith(ENDING)).toList()) {
                Files.delete(old);
            }
        }
        Map<String, String> plots = new LinkedHashMap<>();
        List<Result> beside = run.results().stream()
                .filter(result ->
                        result.isOurs() && !Double.isNaN(result.beside().ratio()))
                .toList();
        if (!beside.isEmpty()) {
            RatioChart.write(beside, folder.resolve("ratios.png"));
            plots.put("ratios.png", "How many times as fast as the best peer");
        }
        if (RooflineChart.write(run, folder.resolve("roofline.png"))) {
            plots.put("roofline.png", "Our ops and models under the machine's roofline");
        }
        Map<String, List<Series>> byChart = run.series().stream()
                .filter(each -> each.points().size() > 1)
                .collect(Collectors.groupingBy(
                        each -> each.x() + " | " + each.unit(), LinkedHashMap::new, Collectors.toList()));
        for (List<Series> each : byChart.values()) {
            String title = "%s against %s"
                    .formatted(quantity(each.getFirst().unit()), each.getFirst().x());
            String file = "against-" + word(each.getFirst().x()) + "-"
                    + word(each.getFirst().unit()) + ENDING;
            SeriesChart.write(title, new ArrayList<>(each), folder.resolve(file));
            plots.put(file, title);
        }
        return plots;
    }

    private static String quantity(String unit) {
        return switch (unit) {
            case "ms", "s", "us" -> "Time (" + unit + ")";
            case "MB", "GB", "bytes" -> "Memory (" + unit + ")";
            default -> unit.endsWith("/s") ? "Throughput (" + unit + ")" : unit;
        };
    }

    private static String word(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }
}
