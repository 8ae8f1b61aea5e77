package dev.earshot.bench.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What DeviceBench and ModelBench write about a card. */
final class CardResults {
    /** What chapters of a card start with. */
    static final String PREFIX = "card: ";

    private static final ObjectMapper JSON = new ObjectMapper();

    private CardResults() {}

    /** Ops with cold caches, and their share of the card's own yardsticks, which are figures too. */
    static List<Result> ops(Path file) throws IOException {
        JsonNode report = JSON.readTree(file.toFile());
        JsonNode peaks = report.path("peaks");
        List<Result> results = new ArrayList<>();
        double copy = peaks.path("copyGigabytesPerSecond").asDouble(Double.NaN);
        double bf16 = peaks.path("bf16TeraflopsPerSecond").asDouble(Double.NaN);
        double fp32 = peaks.path("f32TeraflopsPerSecond").asDouble(Double.NaN);
        results.add(plain(one(PREFIX + Peaks.GROUP, "copy", "GB/s", copy, Better.HIGHER)));
        results.add(plain(one(PREFIX + Peaks.GROUP, "bf16 product", "TFLOP/s", bf16, Better.HIGHER)));
        results.add(plain(one(PREFIX + Peaks.GROUP, "fp32 product", "TFLOP/s", fp32, Better.HIGHER)));
        for (JsonNode row : report.path("rows")) {
            Figure figure =
                    timed("ops", row.path("name").asText(), "us", row.path("coldMicros"), "median", "low", "high");
            double byCopy = row.path("shareOfCopy").asDouble();
            double byProduct = row.path("shareOfProduct").asDouble();
            Rate rate = new Rate(
                    Double.NaN,
                    Double.NaN,
                    1e3 * row.path("teraflopsPerSecond").asDouble(),
                    row.path("gigabytesPerSecond").asDouble(),
                    Math.max(byCopy, byProduct),
                    byProduct >= byCopy ? "compute" : "memory");
            results.add(new Result(figure, rate, Beside.NOBODY, Double.NaN));
        }
        return results;
    }

    /** Whole passes. */
    static List<Result> models(Path file) throws IOException {
        List<Result> results = new ArrayList<>();
        for (JsonNode row : JSON.readTree(file.toFile()).path("rows")) {
            String name = PeerResults.name(
                    row.path("model").asText(),
                    row.path("batch").asText(),
                    row.path("compute").asText().equals("BF16") ? "bf16" : "fp32");
            results.add(plain(timed("whole passes", name, "ms", row, "medianMillis", "lowMillis", "highMillis")));
        }
        return results;
    }

    private static Figure timed(
            String group, String name, String unit, JsonNode node, String median, String low, String high) {
        return new Figure(
                PREFIX + group,
                name,
                Result.OURS,
                unit,
                node.path(median).asDouble(),
                node.path(low).asDouble(),
                node.path(high).asDouble(),
                1,
                Better.LOWER,
                "./earshot bench --suite cuda",
                "");
    }

    private static Figure one(String group, String name, String unit, double value, Better better) {
        return Figure.of(group, name, Result.OURS, unit, new double[] {value}, better, "./earshot bench --suite cuda");
    }

    private static Result plain(Figure figure) {
        return new Result(figure, Rate.NONE, Beside.NOBODY, Double.NaN);
    }
}
