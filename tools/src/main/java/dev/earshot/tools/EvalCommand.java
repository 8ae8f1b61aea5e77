package dev.earshot.tools;

import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BenchmarkKind;
import dev.earshot.segmentation.datasets.Benchmarks;
import dev.earshot.segmentation.datasets.BoxBenchmark;
import dev.earshot.segmentation.datasets.LabelBenchmark;
import dev.earshot.segmentation.datasets.MaskBenchmark;
import dev.earshot.segmentation.datasets.Missing;
import dev.earshot.segmentation.datasets.PredictionFolder;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.segmentation.moca.MocaSegmenter;
import dev.earshot.tools.eval.ClipLoader;
import dev.earshot.tools.eval.DamagedClipException;
import dev.earshot.tools.eval.EvalFiles;
import dev.earshot.tools.eval.Evaluation;
import dev.earshot.tools.eval.Figures;
import dev.earshot.tools.eval.MaskStore;
import dev.earshot.tools.eval.Method;
import dev.earshot.tools.eval.Outcome;
import dev.earshot.tools.eval.ResizeMode;
import dev.earshot.tools.eval.RunFacts;
import dev.earshot.tools.segment.WeightHashes;
import dev.earshot.tools.segment.WeightsInUse;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot eval}: scores a method on a benchmark. */
@Command(
        name = "eval",
        description = "Scores a method on AVSBench, VGG-SS or the demo world.",
        footer = {
            "",
            "Benchmarks: s4, ms3 (AVSBench-object), avss (AVSBench-semantic, without its classes: binary figures),",
            "  vggss, ext-vggss (VGG-SS and its extension, scored on the cosines of the tokens).",
            "Results in OUT: metrics.json, classes.csv, videos.csv, report.html, and the masks in predictions/.",
            "Exit status: 0 done, 1 a clip is damaged, 2 wrong usage or data set, 3 weights or device missing."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class EvalCommand implements Callable<Integer> {
    /** What can be evaluated. */
    enum Scored {
        MOCA("moca"),
        SAM_BIND("sam-bind"),
        PREDICTIONS("predictions");

        private final String word;

        Scored(String word) {
            this.word = word;
        }

        @Override
        public String toString() { // the word of the command line
            return word;
        }
    }

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "BENCHMARK", description = "s4, ms3, avss, vggss or ext-vggss.")
    private String benchmarkName;

    @Option(names = "--data", required = true, paramLabel = "ROOT", description = "Folder of the data set.")
    private Path data;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the results.")
    private Path out;

    @Option(
            names = "--method",
            defaultValue = "moca",
            paramLabel = "NAME",
            description = "moca (default), sam-bind, or predictions: masks that something else made, in the folder of "
                    + "--predictions.")
    private Scored scored;

    @Option(
            names = "--predictions",
            paramLabel = "DIR",
            description = "Where the masks are written, in AVSBench's layout; OUT/predictions by default.")
    private Optional<Path> predictions;

    @Option(
            names = "--split",
            defaultValue = "test",
            paramLabel = "NAME",
            description = "test (default), val or train; for vggss also heard or unheard.")
    private String split;

    @Option(
            names = "--batch-videos",
            defaultValue = "" + AvsbenchMetric.DEFAULT_VIDEOS_PER_BATCH,
            paramLabel = "N",
            description = "Videos that share a threshold of the F-measure; 4, as in AVSBench's scripts.")
    private int batchVideos;

    @Option(
            names = "--resize-mode",
            defaultValue = "square",
            paramLabel = "HOW",
            description = "square: frames and truth at 224 x 224 (default, as published); native: masks drawn at the "
                    + "frame's size, scored at the truth's.")
    private ResizeMode resize;

    @Option(
            names = "--skip-missing",
            description = "Leave out clips that lack files; figures are then not comparable. VGG-SS always does.")
    private boolean skipMissing;

    @Option(names = "--resume", description = "Go on after a stopped run: masks that are there are not made again.")
    private boolean resume;

    @Option(names = "--quiet", description = "No progress and no table.")
    private boolean quiet;

    @Mixin
    private ModelOptions model;

    @Mixin
    private MethodOptions settings;

    private PrintWriter stdout;
    private PrintWriter stderr;

    @Override
    public Integer call() {
        stdout = spec.commandLine().getOut();
        stderr = spec.commandLine().getErr();
        Benchmark benchmark = openBenchmark();
        try {
            switch (scored) {
                case MOCA -> evaluate(benchmark, SegmentationMethod.MOCA);
                case SAM_BIND -> evaluate(benchmark, SegmentationMethod.SAM_BIND);
                case PREDICTIONS -> evaluateStored(benchmark);
            }
        } catch (DamagedClipException e) {
            stderr.println("earshot eval: " + e.getMessage());
            return ExitCodes.FAILED_INPUTS;
        }
        return ExitCodes.OK;
    }

    private Benchmark openBenchmark() {
        if (batchVideos < 1) {
            throw new ParameterException(spec.commandLine(), "--batch-videos: expected at least 1, got " + batchVideos);
        }
        BenchmarkKind kind;
        try {
            kind = BenchmarkKind.of(benchmarkName);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        Benchmark benchmark =
                skipMissing ? Benchmarks.open(kind, data, split, Missing.SKIP) : Benchmarks.open(kind, data, split);
        if (benchmark.clips().isEmpty()) {
            throw new IllegalArgumentException("%s in %s: expected clips in split %s, got none"
                    .formatted(kind.title(), benchmark.source().root(), split));
        }
        return benchmark;
    }

    private void evaluate(Benchmark benchmark, SegmentationMethod which) {
        long started = System.nanoTime();
        MethodPlan plan = settings.plan(which, model.compute(), spec.commandLine());
        if (which != SegmentationMethod.MOCA && benchmark instanceof BoxBenchmark) {
            throw new IllegalArgumentException(
                    "--method %s: expected s4, ms3 or avss, got %s, which asks for a map of scores"
                            .formatted(which, benchmark.kind().label()));
        }
        try (Networks networks = model.openNetworks(plan)) {
            if (!quiet) {
                Banner.print(stderr, networks.backend().info());
            }
            WeightsInUse files = networks.files();
            Method method = switch (networks.method().segmenter()) {
                case MocaSegmenter moca -> {
                    boolean adapted = files.weights().adapter().isPresent();
                    yield new Method.Moca(adapted ? "MoCA" : "MoCA, frozen features", moca);
                }
                case Segmenter other -> new Method.Cascade("SAM-BIND", other);
            };
            MaskStore store = switch (benchmark) {
                case BoxBenchmark _ -> MaskStore.NONE;
                case MaskBenchmark _, LabelBenchmark _ ->
                    store(benchmark, method, files.hashes().all());
            };
            Outcome outcome = score(benchmark, method, store);
            RunFacts run = facts(
                    method.settings(),
                    files.hashes().all(),
                    files.note(),
                    networks.backend().info().name() + ", "
                            + networks.backend().info().device(),
                    started);
            publish(benchmark, method, outcome, store, run);
        }
    }

    private Outcome score(Benchmark benchmark, Method method, MaskStore store) {
        try (Progress progress = progress(benchmark)) {
            Evaluation evaluation = new Evaluation(new ClipLoader(resize), batchVideos);
            return benchmark instanceof BoxBenchmark boxes && method instanceof Method.Moca moca
                    ? evaluation.boxes(boxes, moca, progress::stepBy)
                    : evaluation.masks(benchmark, method, store, progress::stepBy);
        }
    }

    private void evaluateStored(Benchmark benchmark) {
        long started = System.nanoTime();
        if (predictions.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--method predictions: expected --predictions DIR");
        }
        if (!(benchmark instanceof MaskBenchmark)) {
            throw new IllegalArgumentException(
                    "--method predictions: expected s4 or ms3, whose predictions are masks, got "
                            + benchmark.kind().label());
        }
        Method method = new Method.Stored(new PredictionFolder(predictions.get()));
        Outcome outcome;
        try (Progress progress = progress(benchmark)) {
            outcome = new Evaluation(new ClipLoader(resize), batchVideos)
                    .masks(benchmark, method, MaskStore.NONE, progress::stepBy);
        }
        RunFacts run = facts(Map.of(), List.of(), predictions.get().toString(), "none", started);
        publish(benchmark, method, outcome, MaskStore.NONE, run);
    }

    /** Where the masks go; what they depend on is kept beside them. */
    private MaskStore store(Benchmark benchmark, Method method, List<WeightHashes.WeightFile> weights) {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("benchmark", benchmark.kind().label());
        run.put("split", split);
        run.put("resizeMode", resize.name().toLowerCase(Locale.ROOT));
        run.put("method", method.name());
        run.put("settings", method.settings());
        run.put("weights", weights.stream().map(WeightHashes.WeightFile::sha256).toList());
        Path folder = predictions.orElse(out.resolve("predictions"));
        return resume ? MaskStore.resumed(folder, run) : MaskStore.fresh(folder, run);
    }

    private Progress progress(Benchmark benchmark) {
        return Progress.of("eval " + benchmark.kind().label(), benchmark.clips().size(), "clips", quiet, stderr);
    }

    private RunFacts facts(
            Map<String, String> settings,
            List<WeightHashes.WeightFile> weights,
            String note,
            String device,
            long started) {
        return new RunFacts(
                "earshot "
                        + String.join(
                                " ", spec.root().commandLine().getParseResult().originalArgs()),
                OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                settings,
                weights,
                note,
                device,
                Versions.all(),
                (System.nanoTime() - started) / 1e9);
    }

    private void publish(Benchmark benchmark, Method method, Outcome outcome, MaskStore store, RunFacts run) {
        Figures figures = Figures.of(benchmark, method, outcome);
        EvalFiles files = new EvalFiles(benchmark, new ClipLoader(resize), method, outcome, figures);
        files.write(out, RunFacts.scoring(benchmark, resize, batchVideos), store, run);
        if (quiet) {
            return;
        }
        stdout.println("%s, %s: %d clips, %d frames"
                .formatted(
                        benchmark.kind().title(),
                        split,
                        benchmark.clips().size(),
                        outcome.frames().size()));
        figures.lines().forEach(stdout::println);
        benchmark.source().missing().stream()
                .limit(1)
                .forEach(first -> stdout.println("! %d clips lack files, the first is %s"
                        .formatted(benchmark.source().missing().size(), first)));
        stdout.println(out.resolve("report.html").toAbsolutePath().normalize());
        stdout.flush();
    }
}
