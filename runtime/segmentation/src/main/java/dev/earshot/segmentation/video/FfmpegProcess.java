package dev.earshot.segmentation.video;

import dev.earshot.segmentation.MediaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One running {@code ffmpeg} or {@code ffprobe}: argument list without a shell, a minimal environment, error output
 * kept to 64 KiB, a watchdog for reads and writes that block, and the whole process tree ended on close.
 *
 * <p>Used by one thread; two daemon threads of its own drain the error output and watch the clock.
 */
final class FfmpegProcess implements AutoCloseable {
    private static final int MAX_ERROR_BYTES = 64 << 10;
    private static final long TICK_MILLIS = 100;

    private final String name;
    private final Process process;
    private final Duration stall;
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final Thread errorReader;
    private volatile long waitingSince; // nanoTime, 0 when nobody waits
    private volatile boolean stalled;
    private volatile boolean working; // with nobody to read or feed it
    private Duration used = Duration.ZERO; // processor time when the watchdog last looked

    private FfmpegProcess(String name, Process process, Duration stall) {
        this.name = name;
        this.process = process;
        this.stall = stall;
        errorReader = Thread.ofPlatform().daemon().name("ffmpeg-errors").start(this::drainErrors);
        Thread.ofPlatform().daemon().name("ffmpeg-watchdog").start(this::watch);
    }

    /**
     * Starts a program.
     *
     * @param name what messages call the media
     * @param feeds whether its standard input will be written; otherwise it has none
     */
    static FfmpegProcess start(
            FfmpegTools tools, Path program, List<String> arguments, String name, boolean feeds, Duration stall) {
        List<String> command = new ArrayList<>();
        command.add(program.toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(tools.environment());
        builder.environment().put("AV_LOG_FORCE_NOCOLOR", "1");
        if (!feeds) {
            builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        }
        try {
            return new FfmpegProcess(name, builder.start(), stall);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    program + ": cannot be started — set EARSHOT_FFMPEG to an ffmpeg that runs here", e);
        }
    }

    /** Fills {@code buffer} unless the output ends before; returns the number of bytes. */
    int read(byte[] buffer) {
        InputStream in = process.getInputStream();
        int have = 0;
        try {
            while (have < buffer.length) {
                waitingSince = System.nanoTime() | 1;
                int n = in.read(buffer, have, buffer.length - have);
                waitingSince = 0;
                if (n < 0) {
                    break;
                }
                have += n;
            }
        } catch (IOException e) {
            if (!stalled) {
                throw new UncheckedIOException(name + ": reading from ffmpeg failed", e);
            }
        } finally {
            waitingSince = 0;
        }
        checkStalled();
        return have;
    }

    /** Writes to the program's standard input. */
    void write(byte[] bytes) {
        OutputStream out = process.getOutputStream();
        try {
            waitingSince = System.nanoTime() | 1;
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            waitingSince = 0;
            checkStalled();
            waitForErrors();
            throw new UncheckedIOException(name + ": ffmpeg stopped taking frames: " + errors(), e);
        } finally {
            waitingSince = 0;
        }
    }

    /** Ends the standard input and waits for the program to end; returns its exit status. */
    int finish() {
        try {
            waitingSince = System.nanoTime() | 1;
            process.getOutputStream().close();
            int status = process.waitFor();
            errorReader.join(TimeUnit.SECONDS.toMillis(5));
            return status;
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": ffmpeg did not take the end of its input: " + errors(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(name + ": interrupted while waiting for ffmpeg", e);
        } finally {
            waitingSince = 0;
            checkStalled();
        }
    }

    /**
     * As {@link #finish}, for a program that still has much to do once its input has ended: however long that takes, it is
     * alive as long as it uses the processor.
     */
    int finishWork() {
        working = true;
        return finish();
    }

    private void checkStalled() {
        if (stalled) {
            throw MediaException.of(
                    name,
                    "a sign of life from ffmpeg every " + stall.toSeconds() + " s",
                    "none",
                    "the file may be damaged; try: ffmpeg -i INPUT -c:v libx264 -c:a aac OUTPUT.mp4");
        }
    }

    /** What the program said, its last lines, in one line without control characters; empty if nothing. */
    String errors() {
        String text;
        synchronized (errors) {
            text = errors.toString(StandardCharsets.UTF_8);
        }
        List<String> lines = text.lines()
                // The dynamic loader's remark on the stand-ins of FfmpegTools.
                .filter(line -> !line.contains(": no version information available (required by "))
                .map(line -> line.replaceAll("\\p{Cntrl}", " ").strip())
                .filter(line -> !line.isEmpty())
                .toList();
        String joined = String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
        return joined.length() <= 400 ? joined : joined.substring(joined.length() - 400);
    }

    private void waitForErrors() {
        try {
            errorReader.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void drainErrors() {
        byte[] block = new byte[4096];
        try (InputStream in = process.getErrorStream()) {
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                synchronized (errors) {
                    errors.write(block, 0, Math.min(n, MAX_ERROR_BYTES - errors.size()));
                }
            }
        } catch (IOException e) {
            // The pipe breaks when the process is ended by close(); what was said until then is kept.
            System.getLogger(FfmpegProcess.class.getName()).log(System.Logger.Level.TRACE, name, e);
        }
    }

    private void watch() {
        try {
            while (!process.waitFor(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                long since = waitingSince;
                if (since != 0 && System.nanoTime() - since > stall.toNanos()) {
                    if (working && usesTheProcessor()) {
                        waitingSince = System.nanoTime() | 1;
                    } else {
                        stalled = true;
                        kill();
                    }
                }
            }
        } catch (InterruptedException e) {
            kill();
        }
    }

    /** Whether it did since the last call. */
    private boolean usesTheProcessor() {
        Duration now = process.info().totalCpuDuration().orElse(Duration.ZERO);
        boolean more = now.compareTo(used) > 0;
        used = now;
        return more;
    }

    /** Ends the process tree, from any thread: whoever reads finds the end of the output. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** For tests. */
    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        kill();
        try {
            process.getInputStream().close();
        } catch (IOException e) {
            System.getLogger(FfmpegProcess.class.getName()).log(System.Logger.Level.TRACE, name, e);
        }
        try {
            process.waitFor(5, TimeUnit.SECONDS); // so that nothing is left as a zombie or keeps a file open
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
