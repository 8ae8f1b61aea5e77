package dev.earshot.tools.eval;

import dev.earshot.segmentation.datasets.Benchmark;
import java.nio.file.Path;
import java.util.Map;

/** The result files of an evaluation: {@code metrics.json}, {@code classes.csv}, {@code videos.csv}, {@code report.html}. */
public record EvalFiles(Benchmark benchmark, ClipLoader loader, Method method, Outcome outcome, Figures figures) {
    /** Writes them all; files of their names are replaced one by one, {@code metrics.json} last. */
    public void write(Path out, Map<String, String> scoring, MaskStore store, RunFacts run) {
        CsvFiles.write(out.resolve("classes.csv"), outcome.classes());
        CsvFiles.write(out.resolve("videos.csv"), outcome.clips());
        new EvalReport(benchmark, loader, method, outcome)
                .write(out.resolve("report.html"), figures, scoring, store, run);
        MetricsJson.write(out.resolve("metrics.json"), benchmark, method, outcome, figures, scoring, run);
    }
}
