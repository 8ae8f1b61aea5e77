package dev.earshot.bench.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.Spread;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCases;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** JMH's own JSON as results, in microseconds: rows of the op table with their rates, and what each call allocates. */
final class JmhResults {
    /** Chapter of single ops. */
    static final String OPS = "ops";
    /** Chapter of whole passes. */
    static final String PASSES = "whole passes";

    private static final Map<String, TimeUnit> UNITS =
            Map.of("ns/op", TimeUnit.NANOSECONDS, "us/op", TimeUnit.MICROSECONDS, "ms/op", TimeUnit.MILLISECONDS);
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private JmhResults() {}

    /** Reads a file of JMH; the chapters of what ran on a card say so. */
    static List<Result> read(Path file, Limits limits) throws IOException {
        JsonNode runs = new ObjectMapper().readTree(file.toFile());
        if (!runs.isArray()) {
            throw new IOException("%s: expected an array of JMH results, got %s".formatted(file, runs.getNodeType()));
        }
        double harness = harnessBytes(runs);
        Map<String, OpCase> rows = OpCases.all().stream().collect(Collectors.toMap(OpCase::name, Function.identity()));
        List<Result> results = new ArrayList<>();
        for (JsonNode run : runs) {
            if (!isEmptyBench(run)) {
                results.add(result(run, rows, harness, limits));
            }
        }
        return results;
    }

    private static Result result(JsonNode run, Map<String, OpCase> rows, double harness, Limits limits) {
        String prefix = Card.prefix(run.path("params").path(JmhPlan.BACKEND).asText());
        String row = run.path("params").path("row").asText("");
        String model = run.path("params").path("modelBatch").asText("");
        String[] path = run.path("benchmark").asText().split("\\.");
        String method = path[path.length - 2] + " " + path[path.length - 1];
        String name = !row.isEmpty() ? row : !model.isEmpty() ? model.replace(":", " x ") + " fp32" : method;
        Figure figure = Figure.of(
                prefix + (row.isEmpty() ? PASSES : OPS),
                name,
                Result.OURS,
                "us",
                micros(run),
                Better.LOWER,
                "bench/jmh %s".formatted(path[path.length - 2]));
        OpCase known = rows.get(row);
        Rate rate = known == null
                ? Rate.NONE
                : Rate.of(known.flops(), known.bytes(), figure.value() / 1e6, limits.of(name));
        return new Result(figure, rate, Beside.NOBODY, allocated(run, harness));
    }

    private static double[] micros(JsonNode run) {
        JsonNode metric = run.path("primaryMetric");
        TimeUnit unit = UNITS.getOrDefault(metric.path("scoreUnit").asText(), TimeUnit.MICROSECONDS);
        double factor = unit.toNanos(1) / 1e3;
        double[] samples = StreamSupport.stream(metric.path("rawData").spliterator(), false)
                .flatMap(fork -> StreamSupport.stream(fork.spliterator(), false))
                .mapToDouble(value -> value.asDouble() * factor)
                .toArray();
        return samples.length > 0 ? samples : new double[] {metric.path("score").asDouble() * factor};
    }

    private static boolean isEmptyBench(JsonNode run) {
        return run.path("benchmark").asText().contains("." + JmhPlan.EMPTY + ".");
    }

    /** What JMH allocates by itself in an iteration, measured on a benchmark that does nothing; 0 if that was not run. */
    private static double harnessBytes(JsonNode runs) {
        for (JsonNode run : runs) {
            if (isEmptyBench(run)) {
                return steadyBytes(run) * callsPerIteration(run);
            }
        }
        return 0;
    }

    /**
     * Bytes of a call less JMH's own. What is left counts as nothing if it is less than JMH's own, which differs a little from
     * benchmark to benchmark by the names it prints.
     */
    private static double allocated(JsonNode run, double harness) {
        double own = harness / callsPerIteration(run);
        double all = steadyBytes(run);
        return all <= 2 * own ? 0 : all - own;
    }

    /** The least of the iterations but the last of each fork, in which JMH lets the benchmark clean up. */
    private static double steadyBytes(JsonNode run) {
        double least = Double.NaN;
        for (JsonNode fork : run.path("secondaryMetrics").path(ALLOCATED).path("rawData")) {
            for (int i = 0; i < Math.max(1, fork.size() - 1) && i < fork.size(); i++) {
                double bytes = fork.get(i).asDouble();
                least = Double.isNaN(least) ? bytes : Math.min(least, bytes);
            }
        }
        return least;
    }

    private static double callsPerIteration(JsonNode run) {
        String[] time = run.path("measurementTime").asText("1 s").split(" ");
        double micros = Double.parseDouble(time[0]) * (time[1].equals("ms") ? 1e3 : 1e6);
        return Math.max(1, micros / Spread.of(micros(run)).median());
    }
}
