package dev.earshot.bench.suite;

import dev.earshot.bench.result.Card;
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
        List<Result> host = run.results().stream()
                .filter(result -> !isOf(Card.PREFIX, result) && !isOf(Card.SIMULATED, result))
                .toList();
        List<Result> card = run.results().stream()
                .filter(result -> isOf(Card.PREFIX, result))
                .toList();
        device(folder, "", "", host, Limits.of(run.yardstick()), plots);
        Limits limits = Limits.ofCard(card.stream().map(Result::figure).toList());
        device(folder, "-card", " on the card", card, limits, plots);
        Map<String, List<Series>> byChart = run.series().stream()
                .filter(each -> each.points().size() > 1 && !each.group().startsWith(Card.SIMULATED))
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

    private static boolean isOf(String prefix, Result result) {
        return result.figure().group().startsWith(prefix);
    }

    /** The two pictures of a processor or a card. */
    private static void device(
            Path folder, String suffix, String where, List<Result> results, Limits limits, Map<String, String> plots)
            throws IOException {
        List<Result> beside = results.stream()
                .filter(result ->
                        result.isOurs() && !Double.isNaN(result.beside().ratio()))
                .toList();
        String ratios = "ratios" + suffix + ENDING;
        if (!beside.isEmpty()) {
            RatioChart.write(beside, folder.resolve(ratios));
            plots.put(ratios, "How many times as fast as the best peer" + where);
        }
        String roofline = "roofline" + suffix + ENDING;
        String title = "Our ops and models under the roofline" + where;
        if (RooflineChart.write(title, results, limits, folder.resolve(roofline))) {
            plots.put(roofline, title);
        }
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
