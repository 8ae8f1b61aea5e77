package dev.earshot.segmentation.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * A training with its folder: checkpoints, log, result. One process at a time may have the folder. Killed at any moment, it
 * goes on from its last checkpoint as if nothing had happened.
 */
public final class TrainingRun implements AutoCloseable {
    /** The trained adapters, as of the newest checkpoint. */
    public static final String ADAPTERS = "adapters.safetensors";

    /** Folder of the checkpoints. */
    public static final String CHECKPOINTS = "checkpoints";

    private static final String LOCK = ".lock";

    private final MocaTrainer trainer;
    private final Options options;
    private final Map<String, String> hashes;
    private final TrainingListener listener;
    private final FileChannel lockFile;
    private final CheckpointFolder checkpoints;
    private final TrainingLog log;
    private final RunningMeans running = new RunningMeans();
    private long savedStep = -1;

    /**
     * How a run keeps its books.
     *
     * @param folder of the run
     * @param resume goes on with what is there, if anything
     * @param checkpointEvery steps between checkpoints
     * @param keep newest checkpoints that stay
     * @param logEvery steps per line of the log
     */
    public record Options(Path folder, boolean resume, long checkpointEvery, int keep, long logEvery) {
        /** Checks ranges. */
        public Options {
            if (checkpointEvery < 1 || keep < 1 || logEvery < 1) {
                throw new IllegalArgumentException(
                        "training run: expected intervals and checkpoints to keep of at least 1, got %d, %d, %d"
                                .formatted(checkpointEvery, logEvery, keep));
            }
        }

        /** A checkpoint every 1,000 steps, the last 3 kept, a line of the log every 50. */
        public static Options of(Path folder) {
            return new Options(folder, false, 1000, 3, 50);
        }
    }

    /**
     * Opens the run's folder and, if it is to be resumed, brings the trainer to its newest checkpoint.
     *
     * @param trainer before its first step; not owned
     * @param hashes SHA-256 of everything the training reads, by name
     * @throws IllegalArgumentException if the folder holds a run and resuming is not asked for, or one with other
     *     hyper-parameters or other data
     */
    public TrainingRun(MocaTrainer trainer, Options options, Map<String, String> hashes, TrainingListener listener) {
        this.trainer = trainer;
        this.options = options;
        this.hashes = Map.copyOf(hashes);
        this.listener = listener;
        this.lockFile = lock(options.folder());
        try {
            checkpoints = new CheckpointFolder(options.folder().resolve(CHECKPOINTS), options.keep());
            if (!options.resume() && !checkpoints.steps().isEmpty()) {
                throw new IllegalArgumentException(
                        "%s: expected a new folder, got a run at step %d — go on with --resume, or choose another folder"
                                .formatted(options.folder(), checkpoints.steps().getFirst()));
            }
            checkpoints.sweep();
            checkpoints.newest().ifPresent(this::restore);
            checkpoints.notes().forEach(listener::note);
            log = new TrainingLog(options.folder(), trainer.steps());
        } catch (Throwable t) {
            close();
            throw t;
        }
    }

    private static FileChannel lock(Path folder) {
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            Optional<FileLock> lock = tryLock(channel);
            if (lock.isEmpty()) {
                channel.close();
                throw new IllegalStateException(folder + ": another training is running in this folder");
            }
            return channel;
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be locked", e);
        }
    }

    private static Optional<FileLock> tryLock(FileChannel channel) throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock());
        } catch (OverlappingFileLockException e) { // held by this process
            return Optional.empty();
        }
    }

    private void restore(Checkpoint checkpoint) {
        Map<String, String> settings = trainer.checkpoint(hashes, Map.of()).settings();
        StringBuilder differences = new StringBuilder();
        compare(checkpoint.settings(), settings, differences);
        compare(checkpoint.hashes(), hashes, differences);
        if (!differences.isEmpty()) {
            throw new IllegalArgumentException(
                    "resume %s: expected the settings and data of the run, got%s — give those of the run, or choose another folder"
                            .formatted(options.folder(), differences));
        }
        trainer.restore(checkpoint);
        running.restore(checkpoint.running());
        savedStep = checkpoint.step();
    }

    private static void compare(Map<String, String> run, Map<String, String> now, StringBuilder differences) {
        TreeSet<String> names = new TreeSet<>(run.keySet());
        names.addAll(now.keySet());
        for (String name : names) {
            String before = run.getOrDefault(name, "none");
            String after = now.getOrDefault(name, "none");
            if (!before.equals(after)) {
                differences
                        .append(differences.isEmpty() ? " " : "; ")
                        .append("%s %s in place of %s".formatted(name, shortened(after), shortened(before)));
            }
        }
    }

    private static String shortened(String value) {
        return value.length() == 64 ? value.substring(0, 12) + "…" : value;
    }

    /**
     * Trains to the last step, or to the end of the step during which {@code stop} becomes true; either way everything is
     * on the disk afterwards.
     *
     * @return true if the last step is done
     * @throws DivergedException if the loss or a gradient is not finite
     */
    public boolean train(BooleanSupplier stop) {
        long steps = trainer.recipe().optimizer().steps();
        listener.begun(trainer.steps(), steps);
        long since = System.nanoTime();
        long images = 0;
        while (trainer.steps() < steps && !stop.getAsBoolean()) {
            StepReport report = trainer.step();
            running.add(report);
            images += report.images();
            listener.stepped(report);
            if (report.step() % options.logEvery() == 0 || report.step() == steps) {
                LogEntry entry = running.close(report, images / ((System.nanoTime() - since) / 1e9));
                log.add(entry);
                listener.logged(entry);
                since = System.nanoTime();
                images = 0;
            }
            if (report.step() % options.checkpointEvery() == 0) {
                save();
            }
        }
        save();
        export(); // a process may have died between its last checkpoint and this
        return trainer.steps() == steps;
    }

    private void save() {
        if (savedStep == trainer.steps()) {
            return;
        }
        checkpoints.save(trainer.checkpoint(hashes, running.sums()));
        savedStep = trainer.steps();
        export();
        listener.saved(savedStep);
    }

    private void export() {
        trainer.adapters()
                .save(
                        options.folder().resolve(ADAPTERS),
                        Map.of(
                                "earshot.trained_steps",
                                "%d of %d"
                                        .formatted(
                                                trainer.steps(),
                                                trainer.recipe().optimizer().steps()),
                                "earshot.feature_norm",
                                trainer.recipe().triplets().featureNorm().name().toLowerCase(Locale.ROOT)));
    }

    /** The log so far. */
    public TrainingLog log() {
        return log;
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(options.folder().resolve(LOCK) + " cannot be closed", e);
        }
    }
}
