package dev.earshot.tools.segment;

import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.Utilisation;
import dev.earshot.segmentation.Utilisation.Stage;
import dev.earshot.segmentation.WriteBehind;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes the results of clips on a thread of its own while the next frames, and the next clip, are computed. What became of
 * each clip is told on that thread, in the order of the clips. Closing drops what is not complete.
 */
public final class ResultWriter implements AutoCloseable {
    /** Frames that may wait to be written; each holds its picture. */
    private static final int FRAMES_BEHIND = 4;

    /** Who wants to know. */
    public interface Listener {
        /** The clip's folder is there. */
        void written(ClipResult result);

        /** The clip has no results; the others go on. */
        void failed(String input, RuntimeException failure);
    }

    private final WriteBehind thread = new WriteBehind(FRAMES_BEHIND);
    private final Set<Job> open = ConcurrentHashMap.newKeySet();
    private final Listener listener;

    /** Tells {@code listener}, on the writing thread. */
    public ResultWriter(Listener listener) {
        this.listener = listener;
    }

    /** A clip's results on their way; methods but {@link #begin} are for the thread that computes. */
    public final class Job {
        private final String input;
        private final long started = System.nanoTime();
        private volatile boolean over; // complete or failed
        private ResultFolder folder; // the rest is the writing thread's
        private ClipWriter writer;

        private Job(String input) {
            this.input = input;
        }

        /** Makes the hidden folder. */
        public void begin(Path out, String name, Clip clip, RunInfo run) {
            folder = new ResultFolder(out, name);
            writer = new ClipWriter(folder.path(), input, clip, run);
        }

        /** Adds a frame, waiting while too many others wait; returns false once the clip has failed. */
        public boolean add(SegmentedFrame frame) {
            submit(() -> writer.add(frame));
            return !over;
        }

        /** Completes the results of a clip that was walked through. */
        public void finish(Masks masks) {
            List<String> notes = masks.notes();
            StageTimes decoding = masks.decoding();
            StageTimes computing = masks.computing();
            submit(() -> {
                Utilisation stages = writer.finish(
                        notes,
                        writing -> new Utilisation(
                                writer.frames(),
                                System.nanoTime() - started,
                                List.of(
                                        new Stage("decode", decoding),
                                        new Stage("compute", computing),
                                        new Stage("write", writing))));
                writer.close();
                folder.publish();
                ClipResult result = new ClipResult(
                        input, folder.target(), writer.frames(), writer.outlined(), writer.silent(), notes, stages);
                end();
                listener.written(result);
            });
        }

        /** Drops the results because reading or computing failed. */
        public void fail(RuntimeException failure) {
            submit(() -> {
                throw failure;
            });
        }

        private void submit(Runnable task) {
            thread.submit(() -> {
                if (over) {
                    return;
                }
                try {
                    task.run();
                } catch (MediaException | IllegalArgumentException | UncheckedIOException e) {
                    end();
                    listener.failed(input, e);
                }
            });
        }

        private void end() {
            over = true;
            open.remove(this);
            try {
                if (writer != null) {
                    writer.close();
                }
            } finally {
                if (folder != null) {
                    folder.close();
                }
            }
        }
    }

    /** Starts on a clip. */
    public Job job(String input) {
        Job job = new Job(input);
        open.add(job);
        return job;
    }

    /** Waits until everything is written. */
    public void finish() {
        thread.finish();
    }

    @Override
    public void close() {
        thread.close();
        open.forEach(Job::end);
    }
}
