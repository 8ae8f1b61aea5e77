package dev.earshot.tools;

import dev.earshot.segmentation.training.WorkProgress;
import java.io.PrintWriter;

/**
 * Progress of the library's long work as the commands show it.
 *
 * @param quiet shows nothing
 * @param err where lines go
 */
record TerminalProgress(boolean quiet, PrintWriter err) implements WorkProgress {
    @Override
    public Task begin(String task, int total, String unit) {
        Progress progress = Progress.of(task, total, unit, quiet, err);
        return new Task() {
            @Override
            public void stepBy(int more) {
                progress.stepBy(more);
            }

            @Override
            public void close() {
                progress.close();
            }
        };
    }

    @Override
    public void note(String line) {
        if (!quiet) {
            err.println("note: " + line);
            err.flush();
        }
    }
}
