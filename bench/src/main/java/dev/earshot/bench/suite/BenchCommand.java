package dev.earshot.bench.suite;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Machine;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot bench}: measures this machine part by part, each a process of its own, and writes one page about it. */
@Command(
        name = "earshot bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures speed, start-up and memory on this machine, beside other libraries with --peers.",
        footer = {
            "",
            "Results: bench/results/MACHINE/DATE/README.md with its plots, results.json, and what each part wrote in raw/.",
            "Parts: peaks, jmh, peers, scaling, start, footprint; on a card device, models, jmh, peers.",
            "The simulated device is a program on the processor: its figures say nothing of a card and stand apart.",
            "Exit status: 0 all measured, 1 a part failed or --compare found a loss, 2 wrong use, 3 no card for --suite cuda,",
            "4 --minutes are over before all was measured."
        })
public final class BenchCommand implements Callable<Integer> {
    private static final String LEFT_OUT = "--only left it out";

    @Option(names = "--suite", defaultValue = "cpu", description = "cpu (default), cuda, or all that is there")
    private String suite;

    @Option(
            names = "--card",
            defaultValue = "cuda",
            description =
                    "cuda (default), cuda:1 …; simcuda with --quick: does everything run, on the simulated device")
    private String card;

    @Option(names = "--peers", description = "also beside other libraries (Python with bench/peers/requirements.txt)")
    private boolean peers;

    @Option(names = "--quick", description = "few repeats: to see in minutes that everything runs")
    private boolean quick;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "PART",
            description = "only these parts, or calls of peers as in peers:vit; others stay as they are")
    private List<String> only = List.of();

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description = "starts nothing that would not be done in so many minutes, and ends then")
    private double minutes;

    @Option(names = "--resume", description = "leaves out what the raw folder has as measured")
    private boolean resume;

    @Option(names = "--merge", description = "runs nothing: makes the page from what the raw folder holds")
    private boolean merge;

    @Option(names = "--threads", description = "of every part; default: all cores")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--compare",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "DIR",
            description =
                    "lists what is over 5 %% worse than the newest committed results of this machine, or than DIR's")
    private String compare;

    @Option(names = "--readme", description = "renews the figures in README.md and bench/README.md, with their link")
    private boolean readme;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "default bench/results/MACHINE/DATE, with --quick a folder apart")
    private Path out;

    @Spec
    private CommandSpec spec;

    private final PrintStream progress = System.err;

    private BenchCommand() {}

    /** Runs the command line and ends the process with its status. */
    public static void main(String[] arguments) {
        System.setProperty("java.awt.headless", "true");
        System.exit(commandLine().execute(arguments));
    }

    /** The configured command line, for tests as well. */
    static CommandLine commandLine() {
        return new CommandLine(new BenchCommand()).setExecutionExceptionHandler((failure, line, parsed) -> {
            line.getErr().println("earshot bench: " + failure.getMessage());
            return failure instanceof IllegalArgumentException ? Statuses.USAGE : Statuses.ENVIRONMENT;
        });
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        if (suite.equals("cuda") && !merge) {
            requireCard();
        }
        Machine before = Machine.here();
        Path folder = out != null ? out.toAbsolutePath() : usual(before);
        Setting setting = new Setting(home(), writable(folder.resolve("raw")), threads, quick, python(), card);
        Runs runs = Runs.in(setting.raw());
        if (!merge) {
            runParts(runs, setting, Budget.of(minutes, resume), before.commit());
        }
        RunFacts facts = RunFacts.of(setting.raw(), merge, new RunFacts(before, Machine.loadAverage(), threads, quick));
        ResultFile results = Merge.of(setting, facts, runs.outcomes());
        Optional<Comparison> comparison = compared(results);
        results.write(folder);
        String page = Page.of(results, Plots.write(results, folder));
        Path file = folder.resolve("README.md");
        Files.writeString(file, page + comparison.map(Comparison::text).orElse(""));
        System.out.print(comparison.map(Comparison::text).orElse(""));
        if (readme) {
            Readme.update(home().resolve("README.md"), results, folder);
            Readme.update(home().resolve("bench/README.md"), results, folder);
        }
        System.out.println(file);
        boolean lost = comparison.map(Comparison::failed).orElse(false);
        if (!runs.left().isEmpty()) {
            System.out.println("left for a call with --resume: " + String.join(", ", runs.left()));
            return Statuses.LEFT;
        }
        return runs.anyFailed() || lost ? Statuses.FAILED : Statuses.OK;
    }

    private Optional<Comparison> compared(ResultFile results) throws IOException, InterruptedException {
        if (compare == null) {
            return Optional.empty();
        }
        if (!compare.isEmpty()) {
            return Optional.of(new Comparison(Committed.in(Path.of(compare)), results));
        }
        String machine = results.machine().name();
        Optional<ResultFile> newest = Committed.newest(home(), machine);
        if (newest.isEmpty()) {
            progress.println("--compare: no committed results of " + machine);
        }
        return newest.map(earlier -> new Comparison(earlier, results));
    }

    private void runParts(Runs runs, Setting setting, Budget budget, String commit)
            throws IOException, InterruptedException {
        // Without the class path side-by-side would build anew, under the feet of what runs.
        Map<String, String> environment = Map.of(
                "EARSHOT_COMMIT",
                commit,
                "EARSHOT_PYTHON",
                setting.python(),
                "JAVA_HOME",
                System.getProperty("java.home"),
                "EARSHOT_JAVA_CLASSPATH",
                Setting.classPath());
        try (Children children = new Children(setting.home(), environment, progress)) {
            for (Part part : Parts.ALL) {
                String reason = reasonToSkip(part);
                if (reason.isEmpty()) {
                    runs.run(part.among(only), setting, budget, children, progress);
                    runs.skip(part, setting, LEFT_OUT);
                } else {
                    runs.skip(part, setting, reason);
                }
            }
        }
    }

    /** Why a part does not run now; empty if it does. */
    private String reasonToSkip(Part part) {
        if (part.device().equals("cuda") && (suite.equals("cpu") || suite.equals("all") && !hasCard())) {
            return suite.equals("cpu") ? "needs a card, --suite cuda runs it" : "no card: " + cardFailure();
        }
        if (part.device().equals("cpu") && suite.equals("cuda")) {
            return "--suite cpu runs it";
        }
        if (!only.isEmpty() && !part.isNamed(only)) {
            return LEFT_OUT;
        }
        if (part.device().equals("cuda") && part.peersOnly() && Card.isSimulated(card)) {
            return "peers have no simulated card";
        }
        return part.peersOnly() && !peers && only.isEmpty() ? "--peers runs it" : "";
    }

    private void check() {
        if (!List.of("cpu", "cuda", "all").contains(suite)) {
            throw wrong("--suite: expected cpu, cuda or all, got " + suite);
        }
        if (Card.prefix(card).isEmpty() || Card.isSimulated(card) && !quick && !merge) {
            throw wrong("--card: expected cuda, a card's number as in cuda:1, or simcuda with --quick, got " + card);
        }
        TreeSet<String> unknown = new TreeSet<>(only);
        unknown.removeAll(Parts.names());
        unknown.removeAll(Parts.calls());
        if (!unknown.isEmpty()) {
            throw wrong("--only: expected some of %s, %s, got %s"
                    .formatted(
                            String.join(", ", Parts.names()),
                            String.join(", ", Parts.calls()),
                            String.join(", ", unknown)));
        }
        if (minutes < 0) {
            throw wrong("--minutes: expected more than 0, got " + minutes);
        }
        if (threads < 1) {
            throw wrong("--threads: expected 1 or more, got " + threads);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private Path usual(Machine machine) {
        String date = machine.date().substring(0, "2026-11-21".length());
        return home().resolve("bench/results").resolve(machine.name()).resolve(quick ? date + "-quick" : date);
    }

    private static Path writable(Path folder) throws IOException {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IOException("--out: expected a folder that can be made, got %s (%s) — choose another"
                    .formatted(folder, e.getClass().getSimpleName()));
        }
        if (!Files.isWritable(folder)) {
            throw new IOException(
                    "--out: expected a folder that can be written, got %s — choose another".formatted(folder));
        }
        return folder;
    }

    /** Folder of the sources: the launcher names it. */
    private static Path home() {
        return Path.of(System.getProperty("earshot.home", "")).toAbsolutePath();
    }

    private static String python() {
        String given = System.getenv("EARSHOT_PYTHON");
        return given == null || given.isBlank() ? "python3" : given;
    }

    private boolean hasCard() {
        return cardFailure().isEmpty();
    }

    /** Why no card can be used; empty if one can. */
    private String cardFailure() {
        try (Backend opened = Backends.open(card)) {
            return opened.info().device().isEmpty() ? "a device without a name" : "";
        } catch (RuntimeException | LinkageError e) {
            return String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown");
        }
    }

    private void requireCard() {
        String failure = cardFailure();
        if (!failure.isEmpty()) {
            throw new IllegalStateException(
                    "--suite cuda: expected a card, got none (%s) — --suite cpu needs none; --quick --card simcuda tries the parts"
                            .formatted(failure));
        }
    }
}
