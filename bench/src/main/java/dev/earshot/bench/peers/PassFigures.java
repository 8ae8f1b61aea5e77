package dev.earshot.bench.peers;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.bench.result.Spread;
import dev.earshot.bench.work.Work;
import dev.earshot.bench.work.WorkCounter;
import dev.earshot.cuda.CudaDiagnostics;
import dev.earshot.tensor.BackendInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What is told of a whole pass: latency of the captured program and of the same ops issued one by one, what either costs the
 * host before anybody waits, how many calls of driver and libraries it is, device memory at the peak, and the rate at the
 * best batch.
 */
final class PassFigures {
    /** Latency by one launch of the captured program. */
    static final String LATENCY = "whole models";
    /** Latency op by op. */
    static final String OPS = LATENCY + ", op by op";
    /** From the call to its return, by either way; nobody has waited yet. */
    static final String HOST = LATENCY + ", host time";
    /** Of driver and libraries, the wait included. */
    static final String CALLS = LATENCY + ", driver calls";
    /** Of the device. */
    static final String MEMORY = LATENCY + ", memory";
    /** Over the batches that were timed. */
    static final String THROUGHPUT = LATENCY + ", best throughput";

    private static final String ENGINE = "earshot";

    private final BackendInfo info;
    private final String precision;
    private final Timing timing;
    private final String command;
    private final long freeBefore;
    private final List<Figure> figures = new ArrayList<>();
    private final List<Timed> timed = new ArrayList<>();

    private record Timed(int batch, Figure latency) {
        double perSecond() {
            return 1e3 * batch / latency.value();
        }
    }

    /**
     * @param precision in the words of the report
     * @param freeBefore bytes of the card that were free before anything was loaded; negative: not known
     */
    PassFigures(BackendInfo info, String precision, Timing timing, String command, long freeBefore) {
        this.info = info;
        this.precision = precision;
        this.timing = timing;
        this.command = command;
        this.freeBefore = freeBefore;
    }

    /** Everything measured so far. */
    List<Figure> figures() {
        return figures;
    }

    /** What the newest backend of this process counts, if it is one of a card. */
    static Optional<CudaDiagnostics> diagnostics() {
        List<CudaDiagnostics> open = CudaDiagnostics.open();
        return open.isEmpty() ? Optional.empty() : Optional.of(open.getLast());
    }

    /** Measures a pass of {@code batch} samples; the ops one by one for a single sample only. */
    Figure measure(Network network, String model, int batch) {
        diagnostics().ifPresent(CudaDiagnostics::restartPeak);
        WorkCounter work = new WorkCounter();
        String name = name(model, batch);
        try (CapturedPass pass = network.capture(batch, work::counting)) {
            Figure latency = latency(name, timing.millis(pass::run), work.total());
            timed.add(new Timed(batch, latency));
            memory(name);
            host(name + ", replay", pass::replay, pass::await);
            calls(name + ", replay", pass::run);
            if (batch == 1) {
                Runnable whole = () -> {
                    pass.issue();
                    pass.await();
                };
                if (timing.most() > 1) {
                    whole.run(); // takes its memory
                }
                add(OPS, name, "ms", timing.millis(whole), Better.LOWER);
                change(figure -> figure.withWork(work.total()));
                host(name + ", op by op", pass::issue, pass::await);
                calls(name + ", op by op", whole);
            }
            return latency;
        }
    }

    /** Measures something that is only ever run as a whole. */
    Figure measure(Workload workload, String model, int batch) {
        workload.run();
        Map<String, Object> facts = workload.facts();
        Work work = facts.get("flops") instanceof Double flops && facts.get("bytes") instanceof Double bytes
                ? new Work(flops, bytes)
                : Work.NONE;
        String name = name(model, batch);
        Figure latency = latency(name, timing.millis(workload::run), work);
        memory(name);
        calls(name, workload::run);
        if (workload.hostNanos().isPresent()) {
            double[] micros = new double[timing.millis(workload::run).length];
            for (int i = 0; i < micros.length; i++) {
                workload.run();
                micros[i] = workload.hostNanos().orElseThrow() / 1e3;
            }
            add(HOST, name, "us", micros, Better.LOWER);
        }
        return latency;
    }

    /** The best rate over the batches measured since the last call. */
    Optional<Figure> throughput(String model, String samples) {
        Optional<Timed> best = timed.stream().max(Comparator.comparingDouble(Timed::perSecond));
        List<Integer> batches = timed.stream().map(Timed::batch).toList();
        timed.clear();
        return best.map(each -> {
            Figure time = each.latency();
            double scale = 1e3 * each.batch();
            Figure rate = new Figure(
                    group(THROUGHPUT),
                    "%s %s".formatted(model, precision),
                    ENGINE,
                    samples + "/s",
                    scale / time.value(),
                    scale / time.high(),
                    scale / time.low(),
                    time.samples(),
                    Better.HIGHER,
                    command,
                    "batch %d of %s".formatted(each.batch(), batches));
            figures.add(rate);
            return rate;
        });
    }

    private String name(String model, int batch) {
        return "%s x %d %s".formatted(model, batch, precision);
    }

    private String group(String words) {
        return Card.prefix(info.name()) + words;
    }

    private Figure latency(String name, double[] millis, Work work) {
        add(LATENCY, name, "ms", millis, Better.LOWER);
        return change(figure -> figure.withWork(work));
    }

    private void add(String group, String name, String unit, double[] samples, Better better) {
        figures.add(Figure.of(group(group), name, ENGINE, unit, samples, better, command));
    }

    /** The last figure with something more. */
    private Figure change(UnaryOperator<Figure> more) {
        figures.add(more.apply(figures.removeLast()));
        return figures.getLast();
    }

    private void note(String words) {
        change(figure -> figure.noted(words));
    }

    private void host(String name, Runnable call, Runnable wait) {
        double[] micros = Arrays.stream(timing.millis(call, wait))
                .map(millis -> 1e3 * millis)
                .toArray();
        add(HOST, name, "us", micros, Better.LOWER);
    }

    private void calls(String name, Runnable call) {
        diagnostics().ifPresent(card -> {
            long driver = card.driverCalls();
            long libraries = card.libraryCalls();
            call.run();
            libraries = card.libraryCalls() - libraries;
            driver = card.driverCalls() - driver;
            add(CALLS, name, "count", new double[] {driver + libraries}, Better.LOWER);
            note("%d of the driver, %d of libraries".formatted(driver, libraries));
        });
    }

    private void memory(String name) {
        diagnostics().ifPresent(card -> {
            add(MEMORY, name + ", in use", "MB", new double[] {card.peakBytes() / 1e6}, Better.LOWER);
            note(card.usedBytesByPurpose().entrySet().stream()
                    .map(each -> String.format(Locale.ROOT, "%s %.1f", each.getKey(), each.getValue() / 1e6))
                    .collect(Collectors.joining(", ")));
            if (freeBefore >= 0) {
                double taken = (freeBefore - card.freeBytes()) / 1e6;
                add(MEMORY, name + ", taken from the card", "MB", new double[] {taken}, Better.LOWER);
            }
        });
    }

    /** A line for the table on the terminal. */
    String line(Figure latency, int batch) {
        Spread host = spread(HOST, latency.name() + ", replay");
        Spread ops = spread(OPS, latency.name());
        return String.format(
                Locale.ROOT,
                "%-34s %10.3f %10.3f %10.3f %10.1f %10.1f %10.3f",
                latency.name(),
                latency.value(),
                latency.low(),
                latency.high(),
                1e3 * batch / latency.value(),
                host.median(),
                ops.median());
    }

    private Spread spread(String group, String name) {
        return figures.stream()
                .filter(figure ->
                        figure.group().equals(group(group)) && figure.name().equals(name))
                .map(figure -> new Spread(figure.value(), figure.low(), figure.high()))
                .findFirst()
                .orElse(new Spread(Double.NaN, Double.NaN, Double.NaN));
    }
}
