package dev.earshot.tools;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.models.dino.DinoPooling;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BenchmarkKind;
import dev.earshot.segmentation.datasets.Benchmarks;
import dev.earshot.segmentation.datasets.EvaluationClip;
import dev.earshot.segmentation.datasets.PaperResults;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.segmentation.moca.MocaSegmenter;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.output.AtomicFiles;
import dev.earshot.segmentation.training.FeatureCache;
import dev.earshot.segmentation.training.LogEntry;
import dev.earshot.segmentation.training.MocaRecipe;
import dev.earshot.segmentation.training.MocaTraining;
import dev.earshot.segmentation.training.NeighbourCache;
import dev.earshot.segmentation.training.NeighbourTable;
import dev.earshot.segmentation.training.StateCacheOptions;
import dev.earshot.segmentation.training.TrainingClips;
import dev.earshot.segmentation.training.TrainingRun;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tools.demoworld.DemoWorld;
import dev.earshot.tools.demoworld.Split;
import dev.earshot.tools.eval.ClipLoader;
import dev.earshot.tools.eval.LoadedClip;
import dev.earshot.tools.eval.MaskScores;
import dev.earshot.tools.eval.Method;
import dev.earshot.tools.eval.ResizeMode;
import dev.earshot.tools.segment.WeightsInUse;
import dev.earshot.tools.train.AblationPlan;
import dev.earshot.tools.train.DinoInUse;
import dev.earshot.tools.train.StopSignal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot ablate}: trains MoCA on the demo world once per cell of a plan and sets the results side by side. */
@Command(
        name = "ablate",
        description = "Trains MoCA on the demo world with each of several settings and compares the masks.",
        footer = {
            "",
            "The plan is JSON, see docs/training.md and samples/ablation.json. Results: OUT/table.csv, OUT/table.json,",
            "and a run per cell. Give the same command again after a stop: finished cells are not repeated."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class AblateCommand implements Callable<Integer> {
    private static final int SIDE = 224;
    private static final String FROZEN = "frozen features";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PLAN.json", description = "The plan.")
    private Path planFile;

    @Option(names = "--out", required = true, paramLabel = "OUT", description = "Folder for data, runs and tables.")
    private Path out;

    @Option(names = "--quiet", description = "No progress.")
    private boolean quiet;

    private TerminalProgress progress;

    @Override
    public Integer call() {
        progress = new TerminalProgress(quiet, spec.commandLine().getErr());
        AblationPlan plan = AblationPlan.read(planFile);
        Map<AblationPlan.Cell, MocaRecipe> recipes = new LinkedHashMap<>();
        plan.cells().forEach(cell -> recipes.put(cell, recipe(cell)));
        Path data = makeTraining(plan);
        List<Benchmark> benchmarks = makeEvaluation(plan);
        Map<String, Map<String, Object>> rows = new LinkedHashMap<>();
        try (StopSignal stop = StopSignal.install(quiet ? line -> {} : progress::note);
                TrainingClips clips = TrainingClips.open(data, progress);
                WeightsInUse files = WeightsInUse.open(Optional.empty(), Optional.empty());
                DinoInUse dino = DinoInUse.open(Optional.empty());
                Backend backend = Backends.open("auto")) {
            if (!quiet) {
                Banner.print(spec.commandLine().getErr(), backend.info());
            }
            rows.put(FROZEN, known(FROZEN, "frozen").orElseGet(() -> {
                Map<String, Object> row = evaluate(backend, Optional.empty(), MocaSettings.DEFAULT, benchmarks);
                return keep(FROZEN, "frozen", row);
            }));
            FeatureCache features = new FeatureCache(clips, dino.weights(), dino.sha256(), DinoPooling.GAP);
            for (AblationPlan.Cell cell : plan.cells()) {
                MocaRecipe recipe = recipes.get(cell);
                Optional<Map<String, Object>> row =
                        known(cell.name(), cell.options().toString());
                if (row.isEmpty()) {
                    NeighbourTable table =
                            new NeighbourCache(features, recipe.triplets().neighbours(), false).open(backend, progress);
                    MocaTraining.Sources sources = new MocaTraining.Sources(
                            clips,
                            files.weights().imageBind(),
                            files.hashes().all().getFirst().sha256(),
                            table,
                            files.weights().centre());
                    Optional<LogEntry> last = train(backend, sources, recipe, folder(cell.name()), stop);
                    if (last.isEmpty()) {
                        return ExitCodes.INTERRUPTED;
                    }
                    Map<String, Object> result = new LinkedHashMap<>();
                    result.put("loss", last.get().loss());
                    result.put("active_share", last.get().activeShare());
                    Path adapters = folder(cell.name()).resolve(TrainingRun.ADAPTERS);
                    result.putAll(evaluate(backend, Optional.of(adapters), settings(recipe), benchmarks));
                    row = Optional.of(keep(cell.name(), cell.options().toString(), result));
                }
                rows.put(cell.name(), row.get());
            }
        }
        write(rows);
        print(rows);
        return ExitCodes.OK;
    }

    private MocaRecipe recipe(AblationPlan.Cell cell) {
        RecipeOptions options = new RecipeOptions();
        try {
            new CommandLine(options).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(cell.arguments());
            return options.recipe();
        } catch (CommandLine.ParameterException e) {
            throw new IllegalArgumentException("%s: cell %s: %s".formatted(planFile, cell.name(), e.getMessage()), e);
        }
    }

    private Path makeTraining(AblationPlan plan) {
        Path folder = out.resolve("train-%d-%d".formatted(plan.seed(), plan.trainClips()));
        if (!Files.exists(folder.resolve("shape.json"))) {
            try (Progress bar = bar("training clips", plan.trainClips())) {
                new DemoWorld(Split.TRAIN, plan.seed(), SIDE, false)
                        .writeTrainingArrays("mix", false, plan.trainClips(), folder, bar::stepBy);
            }
        }
        return folder;
    }

    /** Clips of the validation split, since what is chosen by a table must not be reported on the test split. */
    private List<Benchmark> makeEvaluation(AblationPlan plan) {
        Path folder = out.resolve("val-%d-%d".formatted(plan.seed(), plan.evaluationClips()));
        Path complete = folder.resolve(".complete");
        if (!Files.exists(complete)) {
            DemoWorld maker = new DemoWorld(Split.VAL, plan.seed(), SIDE, false);
            try (Progress bar = bar("evaluation clips", 2 * plan.evaluationClips())) {
                maker.write(DemoWorld.Layout.S4, plan.evaluationClips(), folder, bar::stepBy);
                maker.write(DemoWorld.Layout.MS3, plan.evaluationClips(), folder, bar::stepBy);
            }
            AtomicFiles.write(complete, to -> {});
        }
        return List.of(
                Benchmarks.open(BenchmarkKind.S4, folder, "val"), Benchmarks.open(BenchmarkKind.MS3, folder, "val"));
    }

    private Progress bar(String task, int total) {
        return Progress.of(task, total, "clips", quiet, spec.commandLine().getErr());
    }

    /** Trains a cell, going on where an earlier call was stopped; the last line of its log, or none if stopped. */
    private Optional<LogEntry> train(
            Backend backend, MocaTraining.Sources sources, MocaRecipe recipe, Path folder, StopSignal stop) {
        StateCacheOptions disk = new StateCacheOptions(StateCacheOptions.Place.DISK, 1L << 30);
        MocaTraining.Thrift thrift = new MocaTraining.Thrift(disk, disk, false);
        try (MocaTraining training = new MocaTraining(backend, sources, recipe, thrift, progress);
                TrainingDisplay display =
                        new TrainingDisplay(quiet, spec.commandLine().getErr());
                TrainingRun run = new TrainingRun(
                        training.trainer(),
                        new TrainingRun.Options(folder, true, 500, 1, 50),
                        training.hashes(),
                        display)) {
            progress.note(folder.getFileName().toString());
            return run.train(stop::requested) ? Optional.of(run.log().entries().getLast()) : Optional.empty();
        }
    }

    private static MocaSettings settings(MocaRecipe recipe) {
        MocaSettings d = MocaSettings.DEFAULT;
        return new MocaSettings(
                d.kMeans(),
                d.scope(),
                recipe.triplets().featureNorm(),
                d.score(),
                d.scoringTrunk(),
                d.tauAbs(),
                d.tauRel(),
                d.silenceDbfs(),
                d.jointCentre(),
                d.matching(),
                d.inputSize(),
                d.batch(),
                d.compute());
    }

    private static Map<String, Object> evaluate(
            Backend backend, Optional<Path> adapters, MocaSettings settings, List<Benchmark> benchmarks) {
        Map<String, Object> row = new LinkedHashMap<>();
        try (WeightsInUse files = WeightsInUse.open(Optional.empty(), adapters);
                MocaSegmenter segmenter = new MocaSegmenter(backend, files.weights(), settings, Optional.empty())) {
            Method method = new Method.Moca("MoCA", segmenter);
            ClipLoader loader = new ClipLoader(ResizeMode.SQUARE);
            for (Benchmark benchmark : benchmarks) {
                MaskScores scores = new MaskScores(AvsbenchMetric.DEFAULT_VIDEOS_PER_BATCH);
                for (EvaluationClip clip : benchmark.clips()) {
                    LoadedClip loaded = loader.load(clip);
                    scores.add(loaded, method.masks(loaded));
                }
                Map<String, Double> headline = scores.outcome().headline();
                row.put(benchmark.kind().label() + "_miou", headline.get(PaperResults.MIOU));
                row.put(benchmark.kind().label() + "_f", headline.get(PaperResults.FSCORE));
            }
        }
        return row;
    }

    private Path folder(String cell) {
        return out.resolve("cells").resolve(AtomicFiles.safeName(cell));
    }

    /** The row of a cell that was finished with the same options. */
    private Optional<Map<String, Object>> known(String cell, String options) {
        Path file = folder(cell).resolve("result.json");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            Map<?, ?> stored = JSON.readValue(file.toFile(), Map.class);
            if (!options.equals(stored.get("options"))) {
                return Optional.empty();
            }
            Map<String, Object> row = new LinkedHashMap<>();
            ((Map<?, ?>) stored.get("row")).forEach((key, value) -> row.put(String.valueOf(key), value));
            return Optional.of(row);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
    }

    private Map<String, Object> keep(String cell, String options, Map<String, Object> row) {
        Map<String, Object> stored = new LinkedHashMap<>();
        stored.put("options", options);
        stored.put("row", row);
        AtomicFiles.write(folder(cell).resolve("result.json"), to -> to.write(JSON.writeValueAsBytes(stored)));
        return row;
    }

    private void write(Map<String, Map<String, Object>> rows) {
        List<String> columns = columns(rows);
        StringBuilder csv = new StringBuilder("cell," + String.join(",", columns) + "\n");
        rows.forEach((name, row) -> {
            csv.append('"').append(name.replace("\"", "\"\"")).append('"');
            columns.forEach(column -> csv.append(',').append(row.getOrDefault(column, "")));
            csv.append('\n');
        });
        AtomicFiles.write(
                out.resolve("table.csv"), to -> to.write(csv.toString().getBytes(StandardCharsets.UTF_8)));
        AtomicFiles.write(
                out.resolve("table.json"),
                to -> to.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(rows)));
    }

    private static List<String> columns(Map<String, Map<String, Object>> rows) {
        List<String> columns = new ArrayList<>();
        rows.values()
                .forEach(row -> row.keySet().stream()
                        .filter(column -> !columns.contains(column))
                        .forEach(columns::add));
        return columns;
    }

    private void print(Map<String, Map<String, Object>> rows) {
        PrintWriter to = spec.commandLine().getOut();
        List<String> columns = columns(rows);
        to.println(String.format(Locale.ROOT, "%-28s", "") + line(columns));
        rows.forEach((name, row) -> to.println(String.format(Locale.ROOT, "%-28s", name)
                + line(columns.stream()
                        .map(column -> row.get(column) instanceof Number value
                                ? String.format(Locale.ROOT, "%.3f", value.doubleValue())
                                : "-")
                        .toList())));
        to.flush();
    }

    private static String line(List<String> words) {
        StringBuilder line = new StringBuilder();
        words.forEach(word -> line.append(String.format(Locale.ROOT, " %13s", word)));
        return line.toString();
    }
}
