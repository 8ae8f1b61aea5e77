package dev.earshot.tools;

import dev.earshot.segmentation.training.LogEntry;
import dev.earshot.segmentation.training.StepReport;
import dev.earshot.segmentation.training.TrainingListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How a training goes, on the standard error stream: a bar with loss, costs and rate on a terminal, a line per line of the
 * log elsewhere, nothing when quiet.
 */
final class TrainingDisplay implements TrainingListener, AutoCloseable {
    private final boolean quiet;
    private final PrintWriter err;
    private ProgressBar bar;
    private long steps;
    private long done;
    private long begun;

    TrainingDisplay(boolean quiet, PrintWriter err) {
        this.quiet = quiet;
        this.err = err;
    }

    @Override
    public void begun(long from, long to) {
        steps = to;
        done = from;
        begun = System.nanoTime();
        if (from > 0) {
            note("going on from step %d of %d".formatted(from, to));
        }
        if (!quiet && Progress.onTerminal()) {
            bar = new ProgressBarBuilder()
                    .setTaskName("train moca")
                    .setInitialMax(to)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUnit(" steps", 1)
                    .setUpdateIntervalMillis(200)
                    .startsFrom(from, Duration.ZERO)
                    .clearDisplayOnFinish()
                    .build();
        }
        done = 0;
    }

    @Override
    public void stepped(StepReport report) {
        done++;
        if (bar != null) {
            double rate = done * report.images() / ((System.nanoTime() - begun) / 1e9);
            bar.setExtraMessage(
                    numbers(report.loss(), report.costPositive(), report.costNegative(), report.activeShare(), rate));
            bar.stepTo(report.step());
        }
    }

    @Override
    public void logged(LogEntry entry) {
        if (quiet || bar != null) {
            return;
        }
        double secondsPerStep = (System.nanoTime() - begun) / 1e9 / done;
        Duration left = Duration.ofSeconds(Math.round((steps - entry.step()) * secondsPerStep));
        err.println("step %d of %d: %s, %d:%02d:%02d left"
                .formatted(
                        entry.step(),
                        steps,
                        numbers(
                                entry.loss(),
                                entry.costPositive(),
                                entry.costNegative(),
                                entry.activeShare(),
                                entry.imagesPerSecond()),
                        left.toHours(),
                        left.toMinutesPart(),
                        left.toSecondsPart()));
        err.flush();
    }

    private static String numbers(double loss, double positive, double negative, double active, double rate) {
        return String.format(
                Locale.ROOT,
                "loss %.4f, C_pos %.3f, C_neg %.3f, active %.0f %%, %.1f images/s",
                loss,
                positive,
                negative,
                100 * active,
                rate);
    }

    @Override
    public void note(String line) {
        if (!quiet) {
            err.println("note: " + line);
            err.flush();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
