package dev.earshot.bench.suite;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.result.Spread;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.SplitMix64;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What this machine does at best: multiply-adds in registers, streams from memory, and our own products of large matrices. */
@Command(name = "peaks", mixinStandardHelpOptions = true, description = "Measures what all shares refer to.")
public final class Peaks implements Callable<Integer> {
    /** Group of all figures. */
    static final String GROUP = "peaks";
    /** Fused multiply-adds, GFLOP/s. */
    static final String FMA = "fp32 multiply-adds";
    /** Triad over arrays far larger than the caches, GB/s. */
    static final String STREAM = "streaming";
    /** The best of our own products, GFLOP/s. */
    static final String PRODUCT = "best fp32 product";
    /** What follows a name for the figure with as many threads as the whole run has. */
    static final String ALL = ", all threads";

    private static final String ONE = ", 1 thread";
    private static final String COMMAND = "./earshot bench --only peaks";
    private static final String SOURCE = "FmaPeak.java";
    private static final int[][] PRODUCTS = {{2048, 2048, 2048}, {1576, 768, 3072}, {1024, 1280, 5120}};

    @Option(names = "--out", required = true, description = "JSON file to write")
    private Path out;

    @Option(names = "--quick", description = "few repeats, smaller arrays")
    private boolean quick;

    private final int threads = Runtime.getRuntime().availableProcessors();
    private final List<Figure> figures = new ArrayList<>();

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Peaks()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Machine machine = Machine.here();
        multiplyAdds();
        for (int each : new int[] {1, threads}) {
            Triad triad = new Triad(each, quick ? 32 << 20 : 64 << 20);
            add(STREAM, each, "GB/s", triad.gigabytesPerSecond(quick ? 3 : 15))
                    .accept("arrays of %d MiB, 12 bytes per element".formatted(triad.mebibytes()));
        }
        products();
        new FigureFile(machine, figures, List.of()).write(out);
        figures.forEach(figure -> System.out.printf("%-40s %10.1f %s%n", figure.name(), figure.value(), figure.unit()));
        return 0;
    }

    /** In a process of its own, the only one with the incubator module; where it is missing the figures are too. */
    private void multiplyAdds() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("earshot-peaks");
        Path source = folder.resolve(SOURCE);
        try (InputStream text = Peaks.class.getResourceAsStream(SOURCE)) {
            Files.copy(text, source);
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:ActiveProcessorCount=" + threads,
                            "--add-modules",
                            "jdk.incubator.vector",
                            "-XX:CompileCommand=quiet",
                            "-XX:CompileCommand=dontinline,FmaPeak::chains",
                            source.toString(),
                            Integer.toString(threads),
                            quick ? "3" : "11",
                            quick ? "0.1" : "0.3")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            List<String> lines =
                    new String(process.getInputStream().readAllBytes()).lines().toList();
            if (process.waitFor() != 0) {
                System.out.println(
                        "no multiply-adds: this Java lacks jdk.incubator.vector; the best product stands in");
                return;
            }
            String note = "independent chains in registers, " + lines.getLast();
            for (int each : new int[] {1, threads}) {
                String prefix = each + " ";
                double[] rates = lines.stream()
                        .filter(line -> line.startsWith(prefix))
                        .mapToDouble(line -> Double.parseDouble(line.substring(prefix.length())))
                        .toArray();
                add(FMA, each, "GFLOP/s", rates).accept(note);
            }
        } finally {
            Files.deleteIfExists(source);
            Files.delete(folder);
        }
    }

    private void products() {
        double[] best = {0};
        String shape = "";
        try (Backend backend = Backends.open("cpu:" + threads)) {
            for (int[] each : quick ? new int[][] {PRODUCTS[1]} : PRODUCTS) {
                double[] rates = product(backend, each[0], each[1], each[2]);
                if (Spread.of(rates).median() > Spread.of(best).median()) {
                    best = rates;
                    shape = "%d x %d x %d".formatted(each[0], each[1], each[2]);
                }
            }
        }
        add(PRODUCT, threads, "GFLOP/s", best).accept("oneDNN through our linear layer, " + shape);
    }

    private double[] product(Backend backend, int rows, int in, int columns) {
        try (Workspace ws = backend.workspace(0);
                ParameterScope scope = backend.parameters()) {
            Linear layer = scope.linear(random(columns, in), DType.F32);
            Tensor x = backend.upload(ws, random(rows, in), DType.F32);
            Tensor y = ws.allocate(DType.F32, rows, columns);
            double[] rates = new double[quick ? 3 : 15];
            for (int i = -2; i < rates.length; i++) {
                long start = System.nanoTime();
                backend.linear(x, layer, Activation.NONE, y);
                backend.synchronize();
                if (i >= 0) {
                    rates[i] = 2.0 * rows * in * columns / (System.nanoTime() - start);
                }
            }
            return rates;
        }
    }

    private static HostTensor random(int rows, int columns) {
        SplitMix64 random = new SplitMix64(rows);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.unit() - 0.5);
        }
        return HostTensor.of(values, rows, columns);
    }

    /** Adds a figure; its note follows. */
    private Consumer<String> add(String name, int count, String unit, double[] rates) {
        boolean all = figures.stream().anyMatch(figure -> figure.name().equals(name + ONE)) || name.equals(PRODUCT);
        Figure figure = Figure.of(GROUP, name + (all ? ALL : ONE), "earshot", unit, rates, Better.HIGHER, COMMAND);
        return note -> figures.add(figure.noted("%d thread%s; %s".formatted(count, count == 1 ? "" : "s", note)));
    }
}
