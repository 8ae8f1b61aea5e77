package dev.earshot.bench.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Files of bench/side-by-side: milliseconds of every engine, ours beside the best of the others by ratios within rounds. */
final class PeerResults {
    /** Chapter of the page. */
    static final String GROUP = "beside others";

    private static final String RATIO = "ratio_to_earshot_median";

    private final List<Result> results = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    private PeerResults() {}

    /** Reads a report of bench/side-by-side; the chapter of one on a card says so. */
    static PeerResults read(Path file, Limits limits) throws IOException {
        JsonNode report = new ObjectMapper().readTree(file.toFile());
        if (!report.path("results").isArray()) {
            throw new IOException("%s: expected a report of bench/side-by-side, got no results".formatted(file));
        }
        String prefix = prefix(report);
        PeerResults read = new PeerResults();
        List<JsonNode> entries = StreamSupport.stream(report.path("results").spliterator(), false)
                .toList();
        for (JsonNode entry : entries) {
            read.results.add(result(entry, entries, prefix, limits));
        }
        for (JsonNode failure : report.path("failures")) {
            read.failures.add("%s x %s: %s"
                    .formatted(
                            failure.path("model").asText(),
                            failure.path("batch").asText(),
                            failure.path("reason").asText()));
        }
        return read;
    }

    List<Result> results() {
        return results;
    }

    /** By the backend that ours ran on, since the script calls a simulated card as it calls a real one. */
    private static String prefix(JsonNode report) {
        String ours = report.path("results").findValuesAsText("backend").stream()
                .findFirst()
                .orElse("");
        return Card.prefix(
                ours.isEmpty() ? report.path("machine").path("device").asText() : ours);
    }

    /** What the script could not measure, in its words. */
    List<String> failures() {
        return failures;
    }

    /** Name of a workload in figures. */
    static String name(String model, String batch, String precision) {
        return "%s x %s %s".formatted(model, batch, precision);
    }

    private static Result result(JsonNode entry, List<JsonNode> all, String prefix, Limits limits) {
        String model = entry.path("model").asText();
        String blocks = entry.path("blocks").asText("all");
        Figure figure = Figure.of(
                prefix + GROUP,
                name(
                        blocks.equals("all") ? model : model + " (" + blocks + " blocks)",
                        entry.path("batch").asText(),
                        entry.path("precision").asText()),
                entry.path("engine").asText(),
                "ms",
                millis(entry),
                Better.LOWER,
                "bench/side-by-side --models %s --batches %s"
                        .formatted(model, entry.path("batch").asText()));
        JsonNode ours = same(entry, all).filter(PeerResults::isOurs).findFirst().orElse(entry);
        double flops = ours.path("facts").path("flops").asDouble(Double.NaN);
        double bytes = ours.path("facts").path("bytes").asDouble(Double.NaN);
        Rate rate =
                Double.isNaN(flops) ? Rate.NONE : Rate.of(flops, bytes, figure.value() / 1e3, limits.of(figure.name()));
        return new Result(figure, rate, isOurs(entry) ? beside(entry, all) : besideOurs(entry), Double.NaN);
    }

    private static boolean isOurs(JsonNode entry) {
        return entry.path("engine").asText().equals(Result.OURS);
    }

    private static Stream<JsonNode> same(JsonNode entry, List<JsonNode> all) {
        return all.stream()
                .filter(other -> List.of("model", "batch", "blocks", "precision").stream()
                        .allMatch(field -> other.path(field).equals(entry.path(field))));
    }

    private static Beside beside(JsonNode ours, List<JsonNode> all) {
        return same(ours, all)
                .filter(entry -> !isOurs(entry) && entry.has(RATIO))
                .min(Comparator.comparingDouble(entry -> entry.path(RATIO).asDouble()))
                .map(PeerResults::besidePeer)
                .orElse(Beside.NOBODY);
    }

    /** A peer's entry says how many times our time it takes, for aims that name one peer. */
    private static Beside besideOurs(JsonNode peer) {
        Beside ratio = peer.has(RATIO) ? besidePeer(peer) : Beside.NOBODY;
        return new Beside(Result.OURS, ratio.ratio(), ratio.low(), ratio.high());
    }

    private static Beside besidePeer(JsonNode peer) {
        JsonNode range = peer.path("ratio_to_earshot_range");
        return new Beside(
                peer.path("engine").asText(),
                peer.path(RATIO).asDouble(),
                range.path(0).asDouble(),
                range.path(1).asDouble());
    }

    private static double[] millis(JsonNode entry) {
        double[] samples = StreamSupport.stream(entry.path("rounds_millis").spliterator(), false)
                .flatMap(round -> StreamSupport.stream(round.spliterator(), false))
                .mapToDouble(JsonNode::asDouble)
                .toArray();
        return samples.length > 0
                ? samples
                : new double[] {entry.path("median_millis").asDouble()};
    }
}
