package dev.earshot.segmentation.training;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.output.AtomicFiles;
import dev.earshot.segmentation.output.JpegFiles;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * Makes a training folder out of a user's videos: {@code frames/<clip>.jpg}, {@code audio/<clip>.wav}, {@code clips.txt}.
 * Several clips at a time; finished clips are skipped, so a stopped run goes on where it was; clips that cannot be used are
 * listed with the reason in {@code broken.txt} and do not stop the others.
 *
 * @param videos where the videos are
 * @param root the training folder
 * @param jobs clips at a time
 */
public record ClipPreparation(VideoFolder videos, Path root, int jobs) {
    /** The list of clips that could not be used: name, tab, reason. */
    public static final String BROKEN = "broken.txt";

    private static final String LOCK = ".prepare.lock";
    private static final float QUALITY = 0.95f;

    /** Checks the number of jobs. */
    public ClipPreparation {
        if (jobs < 1 || jobs > 1024) {
            throw new IllegalArgumentException("jobs: expected 1 to 1024, got " + jobs);
        }
    }

    /**
     * What came of it.
     *
     * @param made clips made in this run
     * @param skipped clips that were finished before
     * @param broken clips that cannot be used, with the reason, by name
     */
    public record Result(int made, int skipped, Map<ClipName, String> broken) {}

    /**
     * Makes all clips of a list that are not there yet, then {@code clips.txt} with all of the list that are.
     *
     * @throws IllegalStateException if another run works on the folder
     * @throws UncheckedIOException if the results cannot be written
     */
    public Result run(Collection<ClipName> clips, WorkProgress progress) {
        try {
            Files.createDirectories(frames());
            Files.createDirectories(sounds());
            try (FileChannel lock =
                    FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                if (!Locks.take(lock)) {
                    throw new IllegalStateException(
                            root
                                    + ": expected to be the only run that prepares it, got a lock held by another — wait for it");
                }
                removeLeftovers(frames());
                removeLeftovers(sounds());
                return runAlone(clips.stream().distinct().toList(), progress);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(root + ": cannot be written", e);
        }
    }

    private Path frames() {
        return root.resolve(TrainingFolder.FRAMES);
    }

    private Path sounds() {
        return root.resolve(TrainingFolder.AUDIO);
    }

    /** Temporary files of a run that was killed; nobody else writes here now. */
    private static void removeLeftovers(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(ClipPreparation::isTemporary).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static boolean isTemporary(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith(".") && name.contains(".part");
    }

    private Result runAlone(List<ClipName> clips, WorkProgress progress) throws IOException {
        List<ClipName> todo = clips.stream().filter(clip -> !isFinished(clip)).toList();
        Map<ClipName, String> broken = Collections.synchronizedMap(new TreeMap<>());
        try (BufferedWriter list = Files.newBufferedWriter(root.resolve(BROKEN));
                WorkProgress.Task task = progress.begin("preparing clips", clips.size(), "clips")) {
            task.stepBy(clips.size() - todo.size());
            inParallel(todo, clip -> {
                Optional<String> fault = make(clip);
                if (fault.isPresent()) {
                    broken.put(clip, fault.get());
                    write(list, clip, fault.get());
                }
                task.stepBy(1);
            });
        }
        List<ClipName> finished =
                clips.stream().filter(this::isFinished).sorted().toList();
        byte[] text = ClipList.text(finished).getBytes(StandardCharsets.UTF_8);
        AtomicFiles.write(root.resolve(TrainingFolder.CLIPS), out -> out.write(text));
        return new Result(todo.size() - broken.size(), clips.size() - todo.size(), new TreeMap<>(broken));
    }

    /** At once, so that the reasons are there when a run is stopped. */
    private static synchronized void write(BufferedWriter list, ClipName clip, String reason) {
        try {
            list.write(clip + "\t" + reason + "\n");
            list.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(BROKEN + ": cannot be written", e);
        }
    }

    /** The sound is written first, so a frame says that both are there; both are looked for all the same. */
    private boolean isFinished(ClipName clip) {
        return Files.isRegularFile(frame(clip)) && Files.isRegularFile(sound(clip));
    }

    private Path frame(ClipName clip) {
        return frames().resolve(clip + TrainingFolder.FRAME_ENDING);
    }

    private Path sound(ClipName clip) {
        return sounds().resolve(clip + TrainingFolder.AUDIO_ENDING);
    }

    /** Makes a clip; the reason if its video cannot be used. */
    private Optional<String> make(ClipName clip) {
        Optional<VideoFolder.Source> source = videos.find(clip);
        if (source.isEmpty()) {
            return Optional.of("no video");
        }
        ClipExtractor.Extract extract;
        try {
            extract = ClipExtractor.read(source.get());
        } catch (MediaException | UncheckedIOException e) {
            return Optional.of(e.getMessage().replaceAll("\\p{Cntrl}", " "));
        }
        WavFiles.write(sound(clip), extract.sound(), WavFiles.Encoding.PCM16);
        JpegFiles.write(frame(clip), extract.picture(), QUALITY);
        return Optional.empty();
    }

    private interface Work {
        void on(ClipName clip);
    }

    /** Works through a list with {@code jobs} threads; the first failure ends them all and is thrown. */
    private void inParallel(List<ClipName> clips, Work work) {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < Math.min(jobs, clips.size()); i++) {
            threads.add(Thread.ofPlatform().name("earshot-prepare-" + i).start(() -> {
                try {
                    for (int at = next.getAndIncrement(); at < clips.size(); at = next.getAndIncrement()) {
                        work.on(clips.get(at));
                    }
                } catch (Throwable t) {
                    failure.compareAndSet(null, t);
                    next.set(clips.size());
                }
            }));
        }
        join(threads);
        switch (failure.get()) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new IllegalStateException("preparing clips failed", t);
        }
    }

    private static void join(List<Thread> threads) {
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            threads.forEach(Thread::interrupt);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("preparing clips: interrupted", e);
        }
    }
}
