package dev.earshot.bench.startup;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.startup.ColdRun.Archive;
import dev.earshot.bench.startup.ColdRun.Times;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Start-up of the command and of the library in fresh processes, loading of weights, and a second session in one process. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description = "Measures how long it takes until the first result is there.")
public final class StartBench implements Callable<Integer> {
    private static final String GROUP = "start-up";
    private static final String ENGINE = "earshot";
    private static final String COMMAND = "./earshot bench --only start";

    @Option(names = "--out", required = true, description = "JSON file to write")
    private Path out;

    @Option(names = "--quick", description = "three processes of each kind")
    private boolean quick;

    @Option(names = "--full", description = "also loads ImageBind-Huge: 3 GB of disk and 4 GB of memory")
    private boolean full;

    @Option(names = "--loading", description = "only the loading of weights")
    private boolean loading;

    private final Map<String, List<Double>> samples = new LinkedHashMap<>();
    private final Map<String, String> units = new LinkedHashMap<>();
    private final Map<String, String> notes = new LinkedHashMap<>();

    private StartBench() {}

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new StartBench()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Machine machine = Machine.here();
        if (!loading) {
            commands(new ColdRun(home()), quick ? 3 : 15);
        }
        Path folder = Files.createTempDirectory("earshot-weights-");
        try {
            withModel(folder, FillerModel.SMALL, quick ? 2 : 7);
            if (full) {
                withModel(folder, FillerModel.HUGE, quick ? 2 : 7);
            }
        } finally {
            ColdRun.delete(folder);
        }
        List<Figure> figures = new ArrayList<>();
        samples.forEach((name, values) -> figures.add(figure(name, values)));
        new FigureFile(machine, figures, List.of()).write(out);
        figures.forEach(f -> System.out.printf(
                java.util.Locale.ROOT,
                "%-58s %10.4g  (%.4g .. %.4g, %d)%n",
                f.name(),
                f.value(),
                f.low(),
                f.high(),
                f.samples()));
        return 0;
    }

    /** The folder with the launcher: the launcher says where it is, or the program runs in or below it. */
    private static Path home() {
        String given = System.getProperty("earshot.home");
        Path start = Path.of(given == null ? "" : given).toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("earshot")) && Files.isDirectory(folder.resolve("samples"))) {
                return folder;
            }
        }
        throw new IllegalStateException(
                "start: expected the launcher earshot in %s or above it, got none".formatted(start));
    }

    /** The command with each archive in turn; the first round builds, unpacks and writes archives, and does not count. */
    private void commands(ColdRun command, int rounds) throws IOException, InterruptedException {
        for (Archive archive : Archive.values()) {
            command.segment(archive);
        }
        for (int i = 0; i < rounds; i++) {
            Map<Archive, Times> times = new EnumMap<>(Archive.class);
            for (Archive archive : Archive.values()) {
                times.put(archive, command.segment(archive));
            }
            times.forEach((archive, t) -> {
                note(
                        "first demo mask" + archive.words(),
                        "from the start of the launcher script, with the look for changes");
                add("first demo mask" + archive.words(), "ms", t.firstMaskMillis());
                add("all outputs of a 5 s clip" + archive.words(), "ms", t.endMillis());
            });
            add("version", "ms", command.version(Archive.BEST));
            add("version" + Archive.NONE.words(), "ms", command.version(Archive.NONE));
        }
    }

    private void withModel(Path folder, FillerModel model, int rounds) throws IOException, InterruptedException {
        Path file = folder.resolve("imagebind_huge.safetensors");
        model.write(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true); // so that nothing is written back while the loading is timed
        }
        note("load " + model.title(), "fp32 file of %.2f GB, page cache warm".formatted(Files.size(file) / 1e9));
        Loading.measure(file); // also brings the file into the page cache, should it not be there
        for (int i = 0; i < rounds; i++) {
            Loading.Rates rates = Loading.measure(file);
            add("load " + model.title(), "GB/s", rates.load());
            add("load " + model.title() + ", share of reading", "x", rates.load() / rates.read());
            add("load " + model.title() + ", share of copying", "x", rates.load() / rates.copy());
            add("read the file of " + model.title(), "GB/s", rates.read());
            add("copy the file of " + model.title() + " to fresh memory", "GB/s", rates.copy());
            add("touch the mapped file of " + model.title(), "GB/s", rates.touch());
            add("first pass of " + model.title(), "ms", rates.firstPassMillis());
        }
        if (!loading) {
            sessions(file, model, model == FillerModel.SMALL ? rounds : 0);
        }
        Files.delete(file);
    }

    private void sessions(Path file, FillerModel model, int rounds) throws IOException, InterruptedException {
        for (int i = 0; i < rounds; i++) {
            library(file);
        }
        List<SecondSession.Cost> costs = SecondSession.measure(file);
        String of = model == FillerModel.HUGE ? " of " + model.title() : "";
        note("second session" + of, "memory of the process from one segmenter to two, both with a first mask");
        add("first session" + of, "bytes", costs.get(0).residentBytes());
        add("second session" + of, "bytes", costs.get(1).residentBytes());
        add("weights of the first session" + of, "bytes", costs.get(0).weightBytes());
        add("weights of the second session" + of, "bytes", costs.get(1).weightBytes());
        add("time of the first session" + of, "ms", costs.get(0).millis());
        add("time of the second session" + of, "ms", costs.get(1).millis());
    }

    private void library(Path file) throws IOException, InterruptedException {
        long started = System.nanoTime();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LibraryStart.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        double whole = (System.nanoTime() - started) / 1e6;
        String[] steps = line.split(" ");
        if (process.waitFor() != 0 || steps.length != 3) {
            throw new IllegalStateException("library start: expected three times, got '" + line + "'");
        }
        note(
                "library, process start to first inference",
                FillerModel.SMALL.title() + ", no archive, process end included");
        add("library, process start to first inference", "ms", whole);
        add("library, opening the backend", "ms", Double.parseDouble(steps[0]));
        add("library, loading weights", "ms", Double.parseDouble(steps[1]));
        add("library, first inference", "ms", Double.parseDouble(steps[2]));
    }

    private void add(String what, String unit, double value) {
        String name = what + ", " + unit;
        samples.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
        units.put(name, unit);
    }

    private void note(String what, String words) {
        notes.put(what, words);
    }

    private Figure figure(String name, List<Double> values) {
        String unit = units.get(name);
        double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
        Better better = unit.equals("GB/s") || unit.equals("x") ? Better.HIGHER : Better.LOWER;
        String command = full ? COMMAND + " (StartBench --full)" : COMMAND;
        String what = name.substring(0, name.length() - unit.length() - 2);
        return Figure.of(GROUP, name, ENGINE, unit, all, better, command).noted(notes.getOrDefault(what, ""));
    }
}
