package dev.earshot.bench.suite;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads what the parts wrote and sets the figures beside each other; a file that cannot be read is named, not fatal. */
final class Merge {
    private final List<Result> results = new ArrayList<>();
    private final List<Series> series = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private Yardstick peak;
    private String card = "";

    private Merge() {}

    static ResultFile of(Setting setting, RunFacts facts, List<Outcome> outcomes) {
        Merge merge = new Merge();
        merge.peak = merge.yardstick(setting.raw());
        for (Part part : Parts.ALL) {
            for (Step step : part.steps(setting.full())) {
                Path file = setting.raw().resolve(step.file());
                if (Files.exists(file)) {
                    merge.read(part, file);
                }
            }
        }
        List<Result> results = once(merge.results);
        merge.series.addAll(PeerSeries.of(results));
        return new ResultFile(
                facts.machine(),
                facts.loadAfter(),
                facts.threads(),
                facts.quick(),
                merge.peak,
                merge.card,
                outcomes,
                results,
                merge.series,
                Aims.judge(results, facts.machine()),
                merge.failures);
    }

    /**
     * Some calls repeat a workload for their own ratios: the first figure of a key stands, with the first ratio that there is,
     * since a ratio is of one run's rounds.
     */
    static List<Result> once(List<Result> results) {
        Map<String, Result> first = new LinkedHashMap<>();
        for (Result result : results) {
            first.merge(result.key(), result, Merge::withRatio);
        }
        return List.copyOf(first.values());
    }

    private static Result withRatio(Result known, Result repeated) {
        return known.beside().equals(Beside.NOBODY)
                ? new Result(known.figure(), known.rate(), repeated.beside(), known.allocated())
                : known;
    }

    private Yardstick yardstick(Path raw) {
        Path file = raw.resolve("peaks.json");
        if (!Files.exists(file)) {
            return Yardstick.of(List.of());
        }
        try {
            return Yardstick.of(FigureFile.read(file).figures());
        } catch (IOException e) {
            return Yardstick.of(List.of()); // read once more with the others, and named there
        }
    }

    private void read(Part part, Path file) {
        try {
            switch (part.name()) {
                case "jmh" -> results.addAll(JmhResults.read(file, limits(part, List.of())));
                case "peers" -> {
                    PeerResults read = PeerResults.read(file, limits(part, List.of()));
                    results.addAll(read.results());
                    failures.addAll(read.failures());
                }
                default -> {
                    FigureFile read = FigureFile.read(file);
                    results.addAll(FigureResults.of(read.figures(), limits(part, read.figures())));
                    series.addAll(read.series());
                    card = card.isEmpty() ? read.device() : card;
                }
            }
        } catch (IOException | RuntimeException e) {
            failures.add("%s: cannot be read: %s".formatted(file.getFileName(), firstLine(e)));
        }
    }

    /** A card's own peak is among the figures of its first part, or among {@code read}. */
    private Limits limits(Part part, List<Figure> read) {
        if (part.device().equals("cpu")) {
            return Limits.of(peak);
        }
        Stream<Figure> earlier = results.stream().map(Result::figure);
        return Limits.ofCard(Stream.concat(earlier, read.stream()).toList());
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
