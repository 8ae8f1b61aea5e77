package dev.earshot.tools.segment;

import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far a clip is: a bar on a terminal, a line every ten seconds elsewhere, nothing when quiet. */
public sealed interface Progress extends AutoCloseable {
    /** One more frame is done. */
    void step();

    @Override
    void close();

    /**
     * The progress of one clip.
     *
     * @param frames how many to expect, -1 if nobody knows
     */
    static Progress of(String clip, int frames, boolean quiet, PrintWriter err) {
        if (quiet) {
            return new None();
        }
        return System.console() != null && System.console().isTerminal()
                ? new Bar(clip, frames)
                : new Lines(clip, frames, err);
    }

    /** Shows nothing. */
    record None() implements Progress {
        @Override
        public void step() {}

        @Override
        public void close() {}
    }

    /** A bar on the standard error stream. */
    final class Bar implements Progress {
        private final ProgressBar bar;

        Bar(String clip, int frames) {
            bar = new ProgressBarBuilder()
                    .setTaskName(clip)
                    .setInitialMax(frames)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUnit(" frames", 1)
                    .setUpdateIntervalMillis(200)
                    .clearDisplayOnFinish()
                    .build();
        }

        @Override
        public void step() {
            bar.step();
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    /** A line every ten seconds. */
    final class Lines implements Progress {
        private static final long INTERVAL = Duration.ofSeconds(10).toNanos();

        private final String clip;
        private final int frames;
        private final PrintWriter err;
        private long shown = System.nanoTime();
        private int done;

        Lines(String clip, int frames, PrintWriter err) {
            this.clip = clip;
            this.frames = frames;
            this.err = err;
        }

        @Override
        public void step() {
            done++;
            if (System.nanoTime() - shown >= INTERVAL) {
                shown = System.nanoTime();
                err.println(clip + ": " + done + (frames > 0 ? " of " + frames : "") + " frames");
                err.flush();
            }
        }

        @Override
        public void close() {}
    }
}
