package dev.earshot.tools.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.output.AtomicFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code metrics.json}: the figures and everything they depend on. */
public final class MetricsJson {
    private MetricsJson() {}

    /** Writes the file; one of that name is replaced in one step. */
    public static void write(
            Path file,
            Benchmark benchmark,
            Method method,
            Outcome outcome,
            Figures figures,
            Map<String, String> scoring,
            RunFacts run) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("benchmark", words(benchmark));
        all.put("method", method.name());
        Map<String, Object> numbers = new LinkedHashMap<>(outcome.headline());
        numbers.putAll(outcome.more());
        all.put("figures", numbers);
        all.put("settings", run.settings());
        all.put("scoring", scoring);
        all.put(
                "weights",
                run.weights().stream()
                        .map(w -> Map.of("role", w.role(), "file", w.file(), "sha256", w.sha256()))
                        .toList());
        all.put("weightsNote", run.weightsNote());
        all.put("device", run.device());
        all.put("versions", run.versions());
        all.put("date", run.date());
        all.put("command", run.command());
        all.put("seconds", Math.round(run.seconds() * 1000) / 1000.0);
        all.put("cautions", figures.cautions());
        all.put("papers", papers(figures));
        AtomicFiles.write(
                file,
                out -> out.write(
                        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(all)));
    }

    private static Map<String, Object> words(Benchmark benchmark) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("name", benchmark.kind().label());
        words.put("title", benchmark.kind().title());
        words.put("root", benchmark.source().root().toString());
        words.put("split", benchmark.source().split());
        words.put("clips", benchmark.clips().size());
        words.put("missing", benchmark.source().missing());
        words.put("demoWorld", benchmark.source().demo());
        words.put("comparableWithPapers", benchmark.comparable());
        return words;
    }

    private static List<Map<String, Object>> papers(Figures figures) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Figures.Row row : figures.rows()) {
            if (!row.ours()) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("method", row.method());
                one.put("papers", row.source());
                one.put("supervised", row.supervised());
                for (int i = 0; i < figures.columns().size(); i++) {
                    if (!Double.isNaN(row.values().get(i))) {
                        one.put(figures.columns().get(i), row.values().get(i));
                    }
                }
                rows.add(one);
            }
        }
        return rows;
    }
}
