package dev.earshot.bench.footprint;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What an embedder takes on: jars, native libraries, the time until a fresh JVM has its first result, and memory then; ours
 * beside DJL, ONNX Runtime and TensorFlow Java. The results of all are compared with the same computation in doubles
 * before anything is timed. Fresh processes in turns, the order rotating.
 */
@Command(
        name = "footprint",
        mixinStandardHelpOptions = true,
        description = "Measures jars, start and memory of earshot-tensor beside DJL, ONNX Runtime and TensorFlow Java.")
public final class FootprintBench implements Callable<Integer> {
    private static final String GROUP = "footprint";
    private static final String OURS = "earshot";
    private static final String WITH_CUDA = ", with earshot-cuda"; // another figure of ours, no peer of it
    private static final List<String> PEERS = List.of("djl", "onnxruntime", "tensorflow");
    private static final String COMMAND =
            "java -cp 'bench/target/app/*' " + FootprintBench.class.getName() + " --out FILE.json";

    /** Results are about 1 in size; fp32 sums of 3072 products differ by some 1e-6. */
    private static final double TOLERANCE = 1e-4;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "JSON file to write.")
    private Path out;

    @Option(names = "--quick", description = "Three rounds instead of nine.")
    private boolean quick;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Where the peers' jars are kept; by default earshot-bench in the user's cache folder.")
    private Path cache = userCache();

    private final List<Figure> figures = new ArrayList<>();

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new FootprintBench()).execute(arguments));
    }

    private static Path userCache() {
        String given = System.getenv("XDG_CACHE_HOME");
        Path base =
                given == null || given.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(given);
        return base.resolve("earshot-bench");
    }

    @Override
    public Integer call() throws IOException {
        Machine machine = Machine.here();
        Path root = root(Path.of("").toAbsolutePath());
        List<Engine> engines = engines(root);
        Path scratch = Files.createTempDirectory("earshot-footprint-");
        try {
            time(engines, scratch);
        } finally {
            deleteTree(scratch);
        }
        figures.forEach(each -> System.out.printf(
                Locale.ROOT,
                "%-18s %-40s %10.1f %s %s%n",
                each.engine(),
                each.name(),
                each.value(),
                each.unit(),
                each.note()));
        new FigureFile(machine, figures, List.of()).write(out);
        return 0;
    }

    /** The checkout that holds bench/footprint: this folder or one above. */
    static Path root(Path start) throws IOException {
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isDirectory(folder.resolve("bench/footprint"))) {
                return folder;
            }
        }
        throw new IOException("footprint: expected to run inside the checkout, got " + start);
    }

    private List<Engine> engines(Path root) throws IOException {
        List<Engine> engines = new ArrayList<>();
        String[] tensor = {"earshot-tensor", "earshot-bindings", "dnnl"};
        engines.add(Engine.ours(OURS, root, cache, 1, tensor));
        weigh(engines.getFirst(), "", "");
        String[] cuda = {"earshot-kernels", "jcuda-12", "jcuda-natives"};
        String[] all = Stream.of(new String[] {"earshot-tensor", "earshot-cuda", "earshot-bindings", "dnnl"}, cuda)
                .flatMap(Stream::of)
                .toArray(String[]::new);
        weigh(
                Engine.ours(OURS, root, cache, 2, all),
                WITH_CUDA,
                "cuBLASLt and cuDNN come with the machine and are not counted");
        for (String peer : PEERS) {
            try {
                engines.add(Engine.peer(peer, root, cache));
                weigh(engines.getLast(), "", "");
            } catch (IOException e) {
                missing(peer, e);
            }
        }
        return engines;
    }

    private void missing(String engine, IOException why) {
        figures.removeIf(figure -> figure.engine().equals(engine));
        figures.add(new Figure(
                GROUP,
                "not measured",
                engine,
                "",
                0,
                0,
                0,
                0,
                Better.NEITHER,
                COMMAND,
                String.valueOf(why.getMessage())));
    }

    private void weigh(Engine engine, String suffix, String note) {
        JarFolder folder = JarFolder.of(engine.jars());
        int others = folder.jars() - engine.direct();
        figure(engine, "jars" + suffix, "count", Better.LOWER, note, folder.jars());
        figure(engine, "direct dependencies" + suffix, "count", Better.NEITHER, note, engine.direct());
        figure(engine, "transitive dependencies" + suffix, "count", Better.NEITHER, note, others);
        figure(engine, "jar megabytes" + suffix, "MB", Better.LOWER, note, folder.bytes() / 1e6);
        figure(engine, "native megabytes" + suffix, "MB", Better.LOWER, note, folder.nativeBytes() / 1e6);
    }

    private void figure(Engine engine, String name, String unit, Better better, String note, double... samples) {
        figures.add(Figure.of(GROUP, name, engine.name(), unit, samples, better, COMMAND)
                .noted(note));
    }

    private void time(List<Engine> engines, Path scratch) throws IOException {
        NetworkFiles network = new NetworkFiles();
        Path files = scratch.resolve("network");
        network.write(files);
        double[] expected = network.expected();
        List<Engine> working = new ArrayList<>();
        for (Engine engine : engines) {
            try {
                compare(engine, scratch, files, expected);
                working.add(engine);
            } catch (IOException e) {
                missing(engine.name(), e);
            }
        }
        Runs runs = new Runs(working, scratch, files);
        for (int round = 0; round < (quick ? 3 : 9); round++) {
            List<Engine> order = new ArrayList<>(working);
            Collections.rotate(order, -round);
            for (Engine engine : order) {
                runs.once(engine, round < (quick ? 1 : 3));
            }
        }
        working.forEach(engine -> report(engine, runs));
    }

    private void report(Engine engine, Runs runs) {
        Better lower = Better.LOWER;
        double[] first = runs.samples(Runs.Kind.PLAIN, engine, FirstRun::firstMillis);
        figure(engine, "first inference, ms", "ms", lower, "", first);
        if (Runs.CACHES_CLASSES) {
            double[] cached = runs.samples(Runs.Kind.CLASSES_CACHED, engine, FirstRun::firstMillis);
            figure(engine, "first inference with an AOT cache, ms", "ms", lower, "", cached);
        }
        double[] installed = runs.samples(Runs.Kind.NOTHING_UNPACKED, engine, FirstRun::firstMillis);
        figure(engine, "first inference with empty caches, ms", "ms", lower, "", installed);
        double[] next = runs.samples(Runs.Kind.PLAIN, engine, FirstRun::nextMillis);
        figure(engine, "next inference, 197 rows, ms", "ms", lower, "", next);
        double[] resident = runs.samples(Runs.Kind.PLAIN, engine, FirstRun::megabytes);
        figure(engine, "resident after first inference, MB", "MB", lower, "", resident);
    }

    /** Also fills the caches, so that later runs find their libraries unpacked. */
    private static void compare(Engine engine, Path scratch, Path files, double[] expected) throws IOException {
        Path results = scratch.resolve("results");
        FirstRun.of(engine, scratch.resolve(engine.name()), files, results);
        double error = NetworkFiles.largestError(expected, results);
        System.out.printf(
                Locale.ROOT, "%s: largest difference from the result in doubles %.1e%n", engine.name(), error);
        if (!(error <= TOLERANCE)) {
            throw new IOException("its results differ by " + error + ", more than " + TOLERANCE);
        }
    }

    static void deleteTree(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
