package dev.earshot.tools;

import dev.earshot.models.sam.SamOptions;
import dev.earshot.segmentation.cascade.SamBind;
import dev.earshot.segmentation.cascade.SamBindSettings;
import dev.earshot.segmentation.datasets.Benchmark;
import dev.earshot.segmentation.datasets.BenchmarkKind;
import dev.earshot.segmentation.datasets.Benchmarks;
import dev.earshot.segmentation.datasets.PaperResults;
import dev.earshot.segmentation.metrics.AvsbenchMetric;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.segmentation.moca.MocaModel;
import dev.earshot.segmentation.moca.MocaSegmenter;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.proposals.ColourRegions;
import dev.earshot.segmentation.sam.AutomaticMaskGenerator;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.segmentation.sam.SamProposals;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tools.demoworld.DemoWorld;
import dev.earshot.tools.demoworld.Split;
import dev.earshot.tools.eval.Comparison;
import dev.earshot.tools.eval.DemoReport;
import dev.earshot.tools.eval.Figures;
import dev.earshot.tools.eval.Method;
import dev.earshot.tools.eval.Outcome;
import dev.earshot.tools.eval.RunFacts;
import dev.earshot.tools.eval.SharedProposals;
import dev.earshot.tools.segment.SamInUse;
import dev.earshot.tools.segment.WeightHashes;
import dev.earshot.tools.segment.WeightsInUse;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot demo}: everything once, with nothing but what is in the jar. */
@Command(
        name = "demo",
        description = "Makes unseen clips of the demo world, outlines what sounds in them, and scores that: frozen "
                + "features and MoCA, each without and with matched proposals, and SAM-BIND.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DemoCommand implements Callable<Integer> {
    private static final String FROZEN = "frozen features";
    private static final String MOCA = "MoCA";
    private static final String SAM_BIND = "SAM-BIND";
    private static final String COLOURS = "colour regions";
    private static final String SAM = "SAM proposals";

    /** Of the grid of prompts: objects of the demo world are larger than a cell. */
    static final int POINTS_PER_SIDE = 8;

    /** One set of proposals a frame for matching and for SAM-BIND, hence with SAM-BIND's suppression of boxes. */
    private static final GeneratorSettings GENERATOR = SamInUse.generator(true).toBuilder()
            .pointsPerSide(POINTS_PER_SIDE)
            .boxNmsThreshold(SamBindSettings.BOX_NMS_THRESHOLD)
            .build();

    private static final int SHOWN = 6;
    private static final int SIDE = 224;
    private static final String NO_ADAPTERS =
            "This build ships no trained adapters: the rows of MoCA are missing, frozen features only.";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--out",
            defaultValue = "earshot-demo",
            paramLabel = "DIR",
            description = "Folder for clips and page; earshot-demo.")
    private Path out;

    @Option(
            names = "--clips",
            defaultValue = "24",
            paramLabel = "N",
            description = "Clips of each of the two sets; 24.")
    private int clips;

    @Option(names = "--seed", defaultValue = "1", paramLabel = "S", description = "Other seeds, other clips; 1.")
    private long seed;

    @Option(names = "--quiet", description = "No progress.")
    private boolean quiet;

    private PrintWriter stdout;
    private PrintWriter stderr;

    @Override
    public Integer call() {
        if (clips < 1 || clips > 10_000) {
            throw new ParameterException(spec.commandLine(), "--clips: expected 1 to 10000, got " + clips);
        }
        if (seed < 0 || seed >= 1L << 32) {
            throw new ParameterException(spec.commandLine(), "--seed: expected 0 to 4294967295, got " + seed);
        }
        stdout = spec.commandLine().getOut();
        stderr = spec.commandLine().getErr();
        long started = System.nanoTime();
        // Tables of a folder grow with every run into it, so each choice of clips has a folder of its own.
        Path world = out.resolve("clips-seed%d-%d".formatted(seed, clips));
        make(world);
        try (Backend backend = Backends.open("auto")) {
            compare(world, backend, started);
        }
        return ExitCodes.OK;
    }

    /**
     * What is compared.
     *
     * @param methods those whose masks can be matched
     * @param proposals of SAM, made once a frame for all that ask
     * @param samBind chooses among them
     */
    private record Run(
            Path world,
            List<Comparison.Entry> methods,
            MaskProposals proposals,
            Method samBind,
            WeightHashes samHashes,
            Backend backend,
            long started) {}

    private void compare(Path world, Backend backend, long started) {
        WeightHashes samHashes = new WeightHashes();
        try (WeightsInUse files = WeightsInUse.open(Optional.empty(), Optional.empty());
                SamInUse sam = SamInUse.open(
                        backend, Optional.empty(), false, Optional.empty(), SamOptions.DEFAULT, samHashes);
                MaskProposals generated = new SamProposals(
                        new AutomaticMaskGenerator(backend, sam.sam(), GENERATOR), ProposalSource.SAM.toString());
                MocaModel model = MocaModel.load(backend, files.weights(), MocaSettings.DEFAULT.compute());
                MocaSegmenter frozen = MocaSegmenter.of(model, MocaSettings.DEFAULT, Optional.empty());
                SharedProposals proposals = new SharedProposals(generated);
                SamBind samBind = SamBind.of(model, proposals, SamBindSettings.DEFAULT)) {
            List<Comparison.Entry> methods = new ArrayList<>();
            methods.add(new Comparison.Entry(new Method.Moca(FROZEN, frozen), true));
            Method bind = new Method.Cascade(SAM_BIND, samBind);
            Run run = new Run(world, methods, proposals, bind, samHashes, backend, started);
            if (!WeightsInUse.hasDemoAdapters()) {
                compare(run, files);
                return;
            }
            try (WeightsInUse adapted = WeightsInUse.openWithDemoAdapters(Optional.empty());
                    MocaModel listening =
                            model.withAdapters(adapted.weights().adapter().orElseThrow());
                    MocaSegmenter moca = MocaSegmenter.of(listening, MocaSettings.DEFAULT, Optional.empty())) {
                methods.add(new Comparison.Entry(new Method.Moca(MOCA, moca), true));
                compare(run, adapted);
            }
        }
    }

    private void make(Path world) {
        DemoWorld maker = new DemoWorld(Split.TEST, seed, SIDE, false);
        try (Progress progress = Progress.of("clips", 2 * clips, "clips", quiet, stderr)) {
            maker.write(DemoWorld.Layout.S4, clips, world, progress::stepBy);
            maker.write(DemoWorld.Layout.MS3, clips, world, progress::stepBy);
        }
    }

    private void compare(Run run, WeightsInUse files) {
        List<Comparison.Entry> methods = new ArrayList<>(run.methods());
        methods.add(new Comparison.Entry(run.samBind(), false));
        List<Comparison.Source> sources = List.of(
                new Comparison.Source(COLOURS, new ColourRegions()), new Comparison.Source(SAM, run.proposals()));
        List<Comparison> comparisons = new ArrayList<>();
        try (Progress progress = Progress.of("segment and score", 2 * clips, "clips", quiet, stderr)) {
            for (BenchmarkKind kind : List.of(BenchmarkKind.S4, BenchmarkKind.MS3)) {
                Benchmark benchmark = Benchmarks.open(kind, run.world(), "test");
                comparisons.add(new Comparison(
                        benchmark, methods, sources, AvsbenchMetric.DEFAULT_VIDEOS_PER_BATCH, SHOWN, progress::stepBy));
            }
        }
        Map<String, Map<String, String>> settings = new LinkedHashMap<>();
        methods.forEach(
                entry -> settings.put(entry.method().name(), entry.method().settings()));
        settings.put(SAM, run.proposals().settings());
        List<String> notes = notes(comparisons);
        Path page = out.resolve("report.html");
        DemoReport.write(page, comparisons, notes, settings, facts(run, files));
        print(comparisons, notes, page, (System.nanoTime() - run.started()) / 1e9);
    }

    private static List<String> notes(List<Comparison> comparisons) {
        List<String> notes = new ArrayList<>();
        notes.add(
                "The demo world is a toy: its figures say that the pipeline works, not how well it does on real video.");
        boolean adapters = WeightsInUse.hasDemoAdapters();
        for (Comparison comparison : comparisons) {
            notes.add(gain(comparison, FROZEN, Comparison.matched(FROZEN, SAM)));
            if (adapters) {
                notes.add(gain(comparison, MOCA, Comparison.matched(MOCA, SAM)));
                notes.add(gain(comparison, FROZEN, MOCA));
            }
        }
        if (!adapters) {
            notes.add(NO_ADAPTERS);
        }
        return notes;
    }

    private static String gain(Comparison comparison, String from, String to) {
        Comparison.Difference gain = comparison.difference(from, to);
        return String.format(
                Locale.ROOT,
                "%s: %s minus %s %+.3f mIoU, standard error %.3f over %d clips.",
                comparison.benchmark().kind().label().toUpperCase(Locale.ROOT),
                to,
                from,
                gain.mean(),
                gain.standardError(),
                comparison.benchmark().clips().size());
    }

    private RunFacts facts(Run run, WeightsInUse files) {
        List<WeightHashes.WeightFile> weights = new ArrayList<>(files.hashes().all());
        weights.addAll(run.samHashes().all());
        return new RunFacts(
                "earshot "
                        + String.join(
                                " ", spec.root().commandLine().getParseResult().originalArgs()),
                OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                Map.of(),
                weights,
                files.note(),
                run.backend().info().name() + ", " + run.backend().info().device(),
                Versions.all(),
                (System.nanoTime() - run.started()) / 1e9);
    }

    private void print(List<Comparison> comparisons, List<String> notes, Path page, double seconds) {
        stdout.println(String.format(Locale.ROOT, "%-32s %18s   %18s", "", "S4-like", "MS3-like"));
        stdout.println(String.format(Locale.ROOT, "%-32s %10s %7s   %10s %7s", "method", "mIoU", "F", "mIoU", "F"));
        for (String method : comparisons.getFirst().outcomes().keySet()) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-32s", method));
            for (Comparison comparison : comparisons) {
                Outcome outcome = comparison.outcomes().get(method);
                line.append(String.format(
                        Locale.ROOT,
                        " %10s %7s  ",
                        Figures.word(outcome.headline().get(PaperResults.MIOU)),
                        Figures.word(outcome.headline().get(PaperResults.FSCORE))));
            }
            stdout.println(line.toString().stripTrailing());
        }
        notes.forEach(note -> stdout.println("! " + note));
        stdout.println(String.format(Locale.ROOT, "%d clips in %.1f s", 2 * clips, seconds));
        stdout.println(page.toAbsolutePath().normalize());
        stdout.flush();
    }
}
