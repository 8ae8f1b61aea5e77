package dev.earshot.bench.device;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
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
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Every op of a model's size on a device: microseconds with warm and with cold caches, achieved GB/s and TFLOP/s and their
 * shares of what the card reaches at best, which is measured first. Prints a table and writes JSON.
 */
@Command(name = "device-bench", mixinStandardHelpOptions = true, description = "Times the op table on a device.")
public final class DeviceBench implements Runnable {
    private static final long SEED = 20261121;

    @Option(names = "--backend", defaultValue = "cuda", description = "cuda, cuda:1, cuda:tf32, simcuda, cpu …")
    private String backendName;

    @Option(names = "--rows", defaultValue = "", description = "Only rows whose name contains this text.")
    private String filter;

    @Option(names = "--out", required = true, description = "JSON file to write.")
    private Path out;

    @Option(names = "--commit", defaultValue = "unknown", description = "Commit to name in the file.")
    private String commit;

    @Option(names = "--small", description = "Small rows and small yardsticks: to try the program on a slow device.")
    private boolean small;

    private final PrintStream table = System.out;

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new DeviceBench()).execute(arguments));
    }

    /** One timed row; shares are of {@link DevicePeaks}, 0 where a row moves or computes nothing. */
    private record Row(
            String name,
            String op,
            DeviceTimer.Time warmMicros,
            DeviceTimer.Time coldMicros,
            double gigabytesPerSecond,
            double teraflopsPerSecond,
            double shareOfCopy,
            double shareOfProduct) {}

    @Override
    public void run() {
        try (Backend backend = Backends.open(backendName);
                DeviceTimer timer = new DeviceTimer(backend, !small)) {
            BackendInfo info = backend.info();
            table.printf("%s: %s%n", info.name(), info.device());
            DevicePeaks peaks = small
                    ? DevicePeaks.measure(backend, timer, 1 << 16, 64)
                    : DevicePeaks.measure(backend, timer, 2L << 30, 8192);
            table.printf(
                    Locale.ROOT,
                    "yardsticks: copy %.0f GB/s, bf16 product %.1f TFLOP/s, fp32 product %.1f TFLOP/s%n",
                    peaks.copyGigabytesPerSecond(),
                    peaks.bf16TeraflopsPerSecond(),
                    peaks.f32TeraflopsPerSecond());
            table.printf("%-72s %9s %9s %9s %9s %6s%n", "row", "warm us", "cold us", "GB/s", "TFLOP/s", "share");
            List<Row> rows = new ArrayList<>();
            for (OpCase row : OpCases.all()) {
                if ((row.scale() == Scale.SMALL) == small && row.name().contains(filter)) {
                    rows.add(time(backend, timer, peaks, row));
                    print(rows.getLast());
                }
            }
            write(info, peaks, rows);
        }
    }

    private static Row time(Backend backend, DeviceTimer timer, DevicePeaks peaks, OpCase row) {
        try (OpRun run = row.open(backend, SEED)) {
            run.execute();
            DeviceTimer.Time warm = timer.warm(run::execute);
            DeviceTimer.Time cold = timer.cold(run::execute);
            double micros = Math.max(cold.median(), 1e-3);
            double bandwidth = row.bytes() / micros / 1e3;
            double rate = row.flops() / micros / 1e6;
            double product =
                    row.precision() == DType.BF16 ? peaks.bf16TeraflopsPerSecond() : peaks.f32TeraflopsPerSecond();
            return new Row(
                    row.name(),
                    row.op(),
                    warm,
                    cold,
                    bandwidth,
                    rate,
                    bandwidth / peaks.copyGigabytesPerSecond(),
                    rate / product);
        }
    }

    private void print(Row row) {
        double share = Math.max(row.shareOfCopy(), row.shareOfProduct());
        table.printf(
                Locale.ROOT,
                "%-72s %9.1f %9.1f %9.1f %9.2f %5.0f%%%n",
                row.name(),
                row.warmMicros().median(),
                row.coldMicros().median(),
                row.gigabytesPerSecond(),
                row.teraflopsPerSecond(),
                100 * share);
    }

    private void write(BackendInfo info, DevicePeaks peaks, List<Row> rows) {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("date", Instant.now().toString());
        file.put("commit", commit);
        file.put("java", System.getProperty("java.version"));
        file.put("backend", info.name());
        file.put("device", info.device());
        file.put("libraries", info.libraries());
        file.put("details", info.details());
        file.put("peaks", peaks);
        file.put("rows", rows);
        try {
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(out.toFile(), file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + out, e);
        }
    }
}
