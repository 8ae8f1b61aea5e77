package dev.earshot.bench.device;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.FigureFile;
import dev.earshot.bench.result.Machine;
import dev.earshot.bench.result.Spread;
import dev.earshot.bench.work.Work;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendInfo;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.cases.OpCase;
import dev.earshot.tensor.cases.OpCase.Scale;
import dev.earshot.tensor.cases.OpCases;
import dev.earshot.tensor.cases.OpContent;
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
 * Every op of a model's size on a device: microseconds with warm and with cold caches, achieved GB/s and GFLOP/s, and the floor,
 * which is the least time by what the card reaches at best, measured first. Results are poisoned before and looked at
 * afterwards: whoever leaves an element unwritten, or computes other bits in a replay than at first, is named and makes the
 * exit status 1. Prints a table and writes figures.
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
    /** Two series of one program further apart than that are said to be so. */
    private static final double UNSTEADY = 0.05;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, cuda:tf32, simcuda, cpu …")
    private String backendName;

    @Option(names = "--rows", defaultValue = "", description = "Only rows whose name contains this text.")
    private String filter;

    @Option(names = "--out", required = true, description = "JSON file to write.")
    private Path out;

    @Option(names = "--small", description = "Small rows and small yardsticks: to try the program on a slow device.")
    private boolean small;

    private final PrintStream table = System.out;
    private final List<Figure> figures = new ArrayList<>();
    private final long started = System.nanoTime();
    private DevicePeaks peaks;
    private int faults;

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
            table.println(Clocks.now(info.name()));
            DevicePeaks.Effort effort = small ? DevicePeaks.Effort.SMALL : DevicePeaks.Effort.FULL;
            peaks = DevicePeaks.measure(backend, timer, effort);
            peaks.figures()
                    .forEach(peak ->
                            table.printf(Locale.ROOT, "%-14s %.0f %s%n", peak.name(), peak.value(), peak.unit()));
            rows(backend, timer);
            double again = DevicePeaks.bf16Again(backend, timer, effort) / peaks.value(DevicePeaks.BF16);
            String drift = String.format(Locale.ROOT, "after all rows %.3f of it", again);
            table.printf(Locale.ROOT, "%s: %s; %s%n", DevicePeaks.BF16, drift, Clocks.now(info.name()));
            List<Figure> all = new ArrayList<>(peaks.figures().stream()
                    .map(peak -> peak.name().equals(DevicePeaks.BF16) ? peak.noted(drift) : peak)
                    .toList());
            all.addAll(figures);
            new FigureFile(machine, Card.words(info), all, List.of()).write(out);
        }
        return faults == 0 ? 0 : 1;
    }

    private void rows(Backend backend, DeviceTimer timer) {
        table.printf(
                "%-72s %9s %9s %9s %9s %9s %6s%n", "row", "warm us", "cold us", "floor us", "GB/s", "GFLOP/s", "share");
        String group = "";
        for (OpCase row : OpCases.all()) {
            if ((row.scale() == Scale.SMALL) == small && row.name().contains(filter)) {
                if (!group.isEmpty() && !group.equals(row.op())) {
                    elapsed(group);
                }
                group = row.op();
                time(backend, timer, row);
            }
        }
        elapsed(group);
    }

    private void elapsed(String group) {
        table.printf(Locale.ROOT, "-- %s done after %.1f s%n", group, (System.nanoTime() - started) / 1e9);
    }

    private void time(Backend backend, DeviceTimer timer, OpCase row) {
        String prefix = Card.prefix(backend.info().name());
        try (OpRun run = row.open(backend, SEED)) {
            run.execute();
            List<OpContent> first = run.contents();
            double[] before = timer.warm(run::execute);
            Figure cold = figure(prefix + COLD, row, timer.cold(run::execute));
            double[] after = timer.warm(run::execute);
            Figure warm = figure(prefix + WARM, row, DeviceTimer.joined(before, after));
            figures.add(cold);
            figures.add(steady(warm, before, after));
            print(row, warm, cold);
            String fault = fault(run, first);
            if (!fault.isEmpty()) {
                faults++;
                table.println("FAULT " + row.name() + ": " + fault);
            }
        }
    }

    private static Figure steady(Figure warm, double[] before, double[] after) {
        double ratio = Spread.of(after).median() / Spread.of(before).median();
        String words = String.format(Locale.ROOT, "second series %.2f of the first", ratio);
        boolean steady = Math.abs(ratio - 1) <= UNSTEADY;
        return steady ? warm : warm.noted(warm.note().isEmpty() ? words : warm.note() + "; " + words);
    }

    private static String fault(OpRun run, List<OpContent> first) {
        List<OpContent> last = run.contents();
        if (first.stream().anyMatch(content -> content.notNumbers() > 0)) {
            return "expected every element written, got " + first;
        }
        return run.accumulates() || last.equals(first) ? "" : "expected the same bits in every run, got others";
    }

    private Figure figure(String group, OpCase row, double[] micros) {
        Figure figure = Figure.of(group, row.name(), ENGINE, "us", micros, Better.LOWER, COMMAND)
                .withWork(new Work(row.flops(), row.bytes()));
        double floor = floor(row);
        return Double.isNaN(floor) ? figure : figure.noted(String.format(Locale.ROOT, "floor %.2f us", floor));
    }

    /** Microseconds that the row's work takes at least, by the nearer of the card's two limits. */
    private double floor(OpCase row) {
        double product = peaks.value(row.precision() == DType.BF16 ? DevicePeaks.BF16 : DevicePeaks.FP32);
        return 1e-3 * Math.max(row.bytes() / peaks.value(DevicePeaks.COPY), row.flops() / product);
    }

    private void print(OpCase row, Figure warm, Figure cold) {
        double nanos = 1e3 * Math.max(cold.value(), 1e-3);
        table.printf(
                Locale.ROOT,
                "%-72s %9.1f %9.1f %9.2f %9.1f %9.1f %5.0f%%%n",
                row.name(),
                warm.value(),
                cold.value(),
                floor(row),
                row.bytes() / nanos,
                row.flops() / nanos,
                1e5 * floor(row) / nanos);
    }
}
