package dev.earshot.bench.device;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.work.Work;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpRun;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Every op of a model's size on a device: microseconds with warm and with cold caches, achieved GB/s and TFLOP/s and their
 * shares of what the card reaches at best, which is measured first. Prints a table and writes figures.
 */
@Command(name = "device-bench", mixinStandardHelpOptions = true, description = "Times the op table on a device.")
public final class DeviceBench implements Callable<Integer> {
    /** Engine of all figures. */
    static final String ENGINE = "earshot";
    /** What prints them again. */
    static final String COMMAND = "./earshot bench --suite cuda --only device";

    private static final String COLD = "ops, cold caches";
    private static final String WARM = "ops, warm caches";
    private static final long SEED = 20261121;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, cuda:tf32, simcuda, cpu …")
    private String backendName;

    @Option(names = "--rows", defaultValue = "", description = "Only rows whose name contains this text.")
    private String filter;

    @Option(names = "--out", required = true, description = "JSON file to write.")
    private Path out;

    @Option(names = "--small", description = "Small rows and small yardsticks: to try the program on a slow device.")
    private boolean small;

    private final PrintStream table = System.out;
    private DevicePeaks peaks;

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new DeviceBench()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Machine machine = Machine.here();
        try (Backend backend = Backends.open(backendName);
                DeviceTimer timer = new DeviceTimer(backend, small)) {
            BackendInfo info = backend.info();
            table.println(Card.words(info));
            peaks = small
                    ? DevicePeaks.measure(backend, timer, 1 << 16, 64)
                    : DevicePeaks.measure(backend, timer, 2L << 30, 8192);
            peaks.figures()
                    .forEach(peak ->
                            table.printf(Locale.ROOT, "%-14s %.0f %s%n", peak.name(), peak.value(), peak.unit()));
            table.printf("%-72s %9s %9s %9s %9s %6s%n", "row", "warm us", "cold us", "GB/s", "GFLOP/s", "share");
            List<Figure> figures = new ArrayList<>(peaks.figures());
            for (OpCase row : OpCases.all()) {
                if ((row.scale() == Scale.SMALL) == small && row.name().contains(filter)) {
                    figures.addAll(time(backend, timer, row));
                }
            }
            new FigureFile(machine, Card.words(info), figures, List.of()).write(out);
        }
        return 0;
    }

    private List<Figure> time(Backend backend, DeviceTimer timer, OpCase row) {
        String prefix = Card.prefix(backend.info().name());
        try (OpRun run = row.open(backend, SEED)) {
            run.execute();
            Figure warm = figure(prefix + WARM, row, timer.warm(run::execute));
            Figure cold = figure(prefix + COLD, row, timer.cold(run::execute));
            print(row, warm, cold);
            return List.of(cold, warm);
        }
    }

    private static Figure figure(String group, OpCase row, double[] micros) {
        return Figure.of(group, row.name(), ENGINE, "us", micros, Better.LOWER, COMMAND)
                .withWork(new Work(row.flops(), row.bytes()));
    }

    private void print(OpCase row, Figure warm, Figure cold) {
        double nanos = 1e3 * Math.max(cold.value(), 1e-3);
        double bandwidth = row.bytes() / nanos;
        double rate = row.flops() / nanos;
        Figure product = row.precision() == DType.BF16 ? peaks.bf16() : peaks.fp32();
        table.printf(
                Locale.ROOT,
                "%-72s %9.1f %9.1f %9.1f %9.1f %5.0f%%%n",
                row.name(),
                warm.value(),
                cold.value(),
                bandwidth,
                rate,
                100 * Math.max(bandwidth / peaks.copy().value(), rate / product.value()));
    }
}
