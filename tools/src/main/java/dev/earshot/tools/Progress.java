package dev.earshot.tools;

import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how far a command is: a bar on a terminal, a line every ten seconds elsewhere, nothing when quiet. Any thread may
 * step.
 */
sealed interface Progress extends AutoCloseable {
    /** So many more are done. */
    void stepBy(int more);

    @Override
    void close();

    /**
     * The progress of one task.
     *
     * @param total how many to expect, -1 if nobody knows
     * @param unit what is counted, in the plural
     */
    static Progress of(String task, int total, String unit, boolean quiet, PrintWriter err) {
        if (quiet) {
            return new None();
        }
        return onTerminal() ? new Bar(bar(task, total, " " + unit, 1)) : new Lines(task, total, unit, err);
    }

    /** True if a person watches. */
    static boolean onTerminal() {
        return System.console() != null && System.console().isTerminal();
    }

    /** The bar of every command, on the standard error stream; counts are shown divided by {@code unitSize}. */
    static ProgressBar bar(String task, long total, String unit, long unitSize) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(unit, unitSize)
                .setUpdateIntervalMillis(200)
                .clearDisplayOnFinish()
                .build();
    }

    /** Shows nothing. */
    record None() implements Progress {
        @Override
        public void stepBy(int more) {}

        @Override
        public void close() {}
    }

    /** A bar. */
    record Bar(ProgressBar bar) implements Progress {
        @Override
        public void stepBy(int more) {
            bar.stepBy(more);
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    /** A line every ten seconds. */
    final class Lines implements Progress {
        private static final long INTERVAL = Duration.ofSeconds(10).toNanos();

        private final String task;
        private final int total;
        private final String unit;
        private final PrintWriter err;
        private long shown = System.nanoTime();
        private int done;

        Lines(String task, int total, String unit, PrintWriter err) {
            this.task = task;
            this.total = total;
            this.unit = unit;
            this.err = err;
        }

        @Override
        public synchronized void stepBy(int more) {
            done += more;
            if (System.nanoTime() - shown >= INTERVAL) {
                shown = System.nanoTime();
                err.println(task + ": " + done + (total > 0 ? " of " + total : "") + " " + unit);
                err.flush();
            }
        }

        @Override
        public void close() {}
    }
}
