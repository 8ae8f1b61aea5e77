package dev.earshot.tools;

import dev.earshot.models.dino.DinoPooling;
import dev.earshot.segmentation.training.FeatureCache;
import dev.earshot.segmentation.training.NeighbourCache;
import dev.earshot.segmentation.training.NeighbourTable;
import dev.earshot.segmentation.training.TrainingClips;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tools.train.DinoInUse;
import dev.earshot.tools.train.NeighbourPicture;
import java.io.PrintWriter;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot knn}: makes the table of nearest neighbours and shows what is drawn from it for one clip. */
@Command(
        name = "knn",
        description = "Finds each picture's nearest neighbours by DINO features, and shows those of one clip.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class KnnCommand implements Callable<Integer> {
    private static final int NEGATIVES = 7;

    @Spec
    private CommandSpec spec;

    @Option(names = "--data", required = true, paramLabel = "ROOT", description = "The training folder.")
    private Path data;

    @Option(
            names = "--weights",
            paramLabel = "DIR",
            description =
                    "Folder with a converted DINO backbone; without it, or with the word demo, the demo weights in the jar "
                            + "are used.")
    private Optional<Path> weights;

    @Option(names = "--k", defaultValue = "7", paramLabel = "K", description = "Neighbours of each picture; 7.")
    private int k;

    @Option(
            names = "--pooling",
            defaultValue = "gap",
            paramLabel = "HOW",
            description = "gap (mean of the patches, default), cls (class token) or gap_with_cls.")
    private DinoPooling pooling;

    @Option(names = "--exclude-same-video", description = "Clips of one video are not neighbours.")
    private boolean excludeSameVideo;

    @Mixin
    private ExclusionOptions exclusions = new ExclusionOptions();

    @Option(names = "--show", paramLabel = "CLIP", description = "Name or number of the clip to show.")
    private Optional<String> show;

    @Option(names = "--out", paramLabel = "FILE.png", description = "Where the picture goes; with --show.")
    private Optional<Path> out;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "Seed of the draws; 0.")
    private long seed;

    @Option(
            names = "--device",
            defaultValue = "auto",
            paramLabel = "NAME",
            converter = DeviceName.Converter.class,
            description = DeviceName.HELP)
    private DeviceName device;

    @Option(names = "--quiet", description = "No progress and no messages but errors.")
    private boolean quiet;

    @Override
    public Integer call() {
        if (show.isPresent() != out.isPresent()) {
            throw new ParameterException(spec.commandLine(), "expected --show and --out together");
        }
        PrintWriter err = spec.commandLine().getErr();
        TerminalProgress progress = new TerminalProgress(quiet, err);
        try (TrainingClips clips = TrainingClips.open(data, exclusions.ids(), progress);
                DinoInUse dino = DinoInUse.open(weights);
                Backend backend = device.open(Precision.FP32)) {
            if (!quiet) {
                Banner.print(err, backend.info());
            }
            clips.notes().forEach(progress::note);
            FeatureCache features = new FeatureCache(clips, dino.weights(), dino.sha256(), pooling);
            NeighbourCache cache = new NeighbourCache(features, k, excludeSameVideo);
            NeighbourTable table = cache.open(backend, progress);
            print("%d pictures, %d neighbours each -> %s".formatted(table.size(), k, cache.file()));
            if (show.isPresent()) {
                draw(clips, features, table, backend, progress, dino.note());
                print(show.get() + " -> " + out.get());
            }
        }
        return ExitCodes.OK;
    }

    private void print(String line) {
        if (!quiet) {
            spec.commandLine().getOut().println(line);
            spec.commandLine().getOut().flush();
        }
    }

    private void draw(
            TrainingClips clips,
            FeatureCache features,
            NeighbourTable table,
            Backend backend,
            TerminalProgress progress,
            String note) {
        int clip = find(clips, show.orElseThrow());
        NeighbourPicture.Draws draws = NeighbourPicture.Draws.of(table, clip, NEGATIVES, seed);
        String subtitle = "%d clips \u00b7 DINO %s, %s \u00b7 K = %d \u00b7 seed %d"
                .formatted(clips.size(), features.variant(), note, k, seed);
        try (Weights vectors = features.open(backend, progress)) {
            HostTensor all = vectors.read(FeatureCache.FEATURES);
            NeighbourPicture.of(clips, table, (a, b) -> cosine(all, a, b), clip, draws, subtitle)
                    .write(out.orElseThrow());
        }
    }

    private int find(TrainingClips clips, String text) {
        int byName = IntStream.range(0, clips.size())
                .filter(i -> clips.name(i).toString().equals(text))
                .findFirst()
                .orElse(-1);
        int index = byName < 0 && text.matches("\\d{1,9}") ? Integer.parseInt(text) : byName;
        if (index < 0 || index >= clips.size()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--show: expected the name of one of %d clips, or 0 to %d, got %s"
                            .formatted(clips.size(), clips.size() - 1, text));
        }
        return index;
    }

    /** The features have unit length. */
    private static double cosine(HostTensor features, int a, int b) {
        int width = Math.toIntExact(features.shape().dim(1));
        double sum = 0;
        for (int i = 0; i < width; i++) {
            sum += (double) value(features, (long) a * width + i) * value(features, (long) b * width + i);
        }
        return sum;
    }

    private static float value(HostTensor features, long index) {
        return features.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * DType.F32.bytes());
    }
}
