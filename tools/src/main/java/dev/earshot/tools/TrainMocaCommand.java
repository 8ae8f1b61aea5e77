package dev.earshot.tools;

import dev.earshot.models.dino.DinoPooling;
import dev.earshot.segmentation.training.DivergedException;
import dev.earshot.segmentation.training.FeatureCache;
import dev.earshot.segmentation.training.MocaRecipe;
import dev.earshot.segmentation.training.MocaTraining;
import dev.earshot.segmentation.training.NeighbourCache;
import dev.earshot.segmentation.training.NeighbourTable;
import dev.earshot.segmentation.training.StateCacheOptions;
import dev.earshot.segmentation.training.TrainingClips;
import dev.earshot.segmentation.training.TrainingRun;
import dev.earshot.tensor.Backend;
import dev.earshot.tools.segment.WeightHashes;
import dev.earshot.tools.segment.WeightsInUse;
import dev.earshot.tools.train.DinoInUse;
import dev.earshot.tools.train.LearningCurves;
import dev.earshot.tools.train.StopSignal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot train moca}: learns the audio-visual adapters of MoCA. */
@Command(
        name = "moca",
        description = "Learns MoCA's audio-visual adapters from clips without labels.",
        footer = {
            "",
            "Results: OUT/adapters.safetensors for segment --adapter, log.csv, log.jsonl, curves.png, checkpoints/.",
            "Ctrl-C finishes the step, saves and exits; --resume goes on, bit for bit.",
            "Exit status: 0 trained, 1 stopped because a loss or gradient was not finite, 2 wrong usage,",
            "  3 weights, data or device missing, 130 or 143 interrupted and saved."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TrainMocaCommand implements Callable<Integer> {
    private static final Path DEMO = Path.of("demo");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "ROOT",
            description = "Training folder, or arrays of demo-world --layout training.")
    private Path data;

    @Option(names = "--out", required = true, paramLabel = "RUN", description = "Folder of this run.")
    private Path out;

    @Option(
            names = "--weights",
            paramLabel = "DIR",
            description =
                    "Folder with imagebind_huge.safetensors and a converted DINO backbone; without it, or with the "
                            + "word demo, the demo weights in the jar are used.")
    private Optional<Path> weights;

    @Option(names = "--resume", description = "Go on from the newest checkpoint in RUN, or start if there is none.")
    private boolean resume;

    @Mixin
    private ExclusionOptions exclusions = new ExclusionOptions();

    @Mixin
    private RecipeOptions recipe = new RecipeOptions();

    @ArgGroup(exclusive = false, heading = "%nThe run:%n")
    private RunOptions run = new RunOptions();

    /** What changes no result. */
    private static final class RunOptions {
        @Option(
                names = "--checkpoint-every",
                defaultValue = "1000",
                paramLabel = "N",
                description = "Steps between checkpoints; 1000.")
        private long checkpointEvery = 1000;

        @Option(names = "--keep", defaultValue = "3", paramLabel = "N", description = "Newest checkpoints kept; 3.")
        private int keep = 3;

        @Option(
                names = "--log-every",
                defaultValue = "50",
                paramLabel = "N",
                description = "Steps per line of log; 50.")
        private long logEvery = 50;

        @Option(
                names = "--image-cache",
                defaultValue = "1024",
                paramLabel = "MB",
                description = "Bound of the cache of frozen image states; 1024, 0 for none.")
        private long imageCache = 1024;

        @Option(
                names = "--audio-cache",
                defaultValue = "1024",
                paramLabel = "MB",
                description = "Bound of the cache of frozen audio states; 1024, 0 for none.")
        private long audioCache = 1024;

        @Option(
                names = "--cache-place",
                defaultValue = "memory",
                paramLabel = "WHERE",
                description = "memory (default), or disk, where later runs find them again.")
        private StateCacheOptions.Place cachePlace = StateCacheOptions.Place.MEMORY;

        @Option(
                names = "--recompute",
                description = "Keep less for the backward pass, compute it again: slower, smaller.")
        private boolean recompute;

        @Option(
                names = "--device",
                defaultValue = "auto",
                paramLabel = "NAME",
                converter = DeviceName.Converter.class,
                description = DeviceName.HELP)
        private DeviceName device = DeviceName.AUTO;

        @Option(names = "--quiet", description = "No progress and no messages but errors.")
        private boolean quiet;

        MocaTraining.Thrift thrift() {
            return new MocaTraining.Thrift(cache(imageCache), cache(audioCache), recompute);
        }

        private StateCacheOptions cache(long megabytes) {
            return new StateCacheOptions(cachePlace, Math.multiplyExact(megabytes, 1L << 20));
        }

        TrainingRun.Options books(Path folder, boolean resume) {
            return new TrainingRun.Options(folder, resume, checkpointEvery, keep, logEvery);
        }
    }

    @Override
    public Integer call() {
        MocaRecipe hyperParameters = checkedRecipe();
        PrintWriter err = spec.commandLine().getErr();
        TerminalProgress progress = new TerminalProgress(run.quiet, err);
        Optional<Path> folder = weights.filter(path -> !path.equals(DEMO));
        try (StopSignal stop = StopSignal.install(run.quiet ? line -> {} : progress::note);
                TrainingClips clips = TrainingClips.open(data, exclusions.ids(), progress);
                WeightsInUse files = WeightsInUse.open(folder, Optional.empty());
                DinoInUse dino = DinoInUse.open(folder);
                Backend backend = run.device.open(recipe.precision())) {
            if (!run.quiet) {
                Banner.print(err, backend.info());
            }
            clips.notes().forEach(progress::note);
            FeatureCache features = new FeatureCache(clips, dino.weights(), marked(dino.sha256()), DinoPooling.GAP);
            NeighbourTable table = new NeighbourCache(
                            features, hyperParameters.triplets().neighbours(), false)
                    .open(backend, progress);
            MocaTraining.Sources sources = new MocaTraining.Sources(
                    clips,
                    files.weights().imageBind(),
                    marked(hash(files.hashes())),
                    table,
                    files.weights().centre());
            try (MocaTraining training = new MocaTraining(backend, sources, hyperParameters, run.thrift(), progress)) {
                return train(training, stop, err);
            }
        } catch (DivergedException e) {
            err.println("earshot train: " + e.getMessage());
            return ExitCodes.FAILED_INPUTS;
        }
    }

    private MocaRecipe checkedRecipe() {
        try {
            return recipe.recipe();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /** What was computed in tf32 is cached, and a run resumed, apart from what was computed in full fp32. */
    private String marked(String hash) {
        return recipe.precision() == Precision.TF32 ? hash + " tf32" : hash;
    }

    private static String hash(WeightHashes hashes) {
        return hashes.all().stream()
                .filter(file -> file.role().equals("imagebind"))
                .findFirst()
                .orElseThrow()
                .sha256();
    }

    private int train(MocaTraining training, StopSignal stop, PrintWriter err) {
        try (TrainingDisplay display = new TrainingDisplay(run.quiet, err);
                TrainingRun books =
                        new TrainingRun(training.trainer(), run.books(out, resume), training.hashes(), display)) {
            boolean finished = books.train(stop::requested);
            LearningCurves.write(books.log().entries(), out.resolve("curves.png"));
            if (!run.quiet) {
                spec.commandLine()
                        .getOut()
                        .println("%d of %d steps -> %s"
                                .formatted(
                                        training.trainer().steps(),
                                        training.trainer().recipe().optimizer().steps(),
                                        out.resolve(TrainingRun.ADAPTERS)));
                spec.commandLine().getOut().flush();
            }
            return finished ? ExitCodes.OK : ExitCodes.INTERRUPTED;
        }
    }
}
