package dev.earshot.bench.suite;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs one process at a time and ends it with everything that it started when this program ends, by Ctrl-C for example:
 * a peer that is stopped between its rounds would otherwise stay for ever.
 */
final class Children implements AutoCloseable {
    /** What the reason of a process that was ended at its deadline starts with. */
    static final String CUT_OFF = "cut off";

    private static final int KEPT_LINES = 3;
    private static final long GRACE_SECONDS = 2;

    private final Path folder;
    private final Map<String, String> environment;
    private final PrintStream progress;
    private final Thread atEnd = new Thread(this::end, "end of children");
    private volatile Process running;

    /**
     * @param folder in which they run
     * @param environment added to this process's own
     * @param progress gets what they print
     */
    Children(Path folder, Map<String, String> environment, PrintStream progress) {
        this.folder = folder;
        this.environment = environment;
        this.progress = progress;
        Runtime.getRuntime().addShutdownHook(atEnd);
    }

    /** Runs a command to its end; why it failed, or an empty text. */
    String run(List<String> command) throws InterruptedException {
        return run(command, Double.POSITIVE_INFINITY);
    }

    /** Runs a command to its end, or for at most so many seconds; why it failed, or an empty text. */
    String run(List<String> command, double seconds) throws InterruptedException {
        AtomicBoolean cut = new AtomicBoolean();
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            running = process;
            process.getOutputStream().close();
            if (seconds < Double.POSITIVE_INFINITY) {
                CompletableFuture.delayedExecutor(Math.round(1e3 * seconds), TimeUnit.MILLISECONDS)
                        .execute(() -> {
                            if (running == process) {
                                cut.set(true);
                                end();
                            }
                        });
            }
            Deque<String> last = passOn(process);
            int status = process.waitFor();
            if (cut.get()) {
                return "%s after %.0f s, at the end of the time for this call: %s"
                        .formatted(CUT_OFF, seconds, String.join(" / ", last));
            }
            return status == 0 ? "" : "ended with status %d: %s".formatted(status, String.join(" / ", last));
        } catch (IOException e) {
            if (cut.get()) { // its output ended with it
                return CUT_OFF + " at the end of the time for this call";
            }
            return "did not start: " + e.getMessage();
        } finally {
            end();
        }
    }

    /** Prints the process's lines; the last ones that say something. */
    private Deque<String> passOn(Process process) throws IOException {
        Deque<String> last = new ArrayDeque<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                progress.println("    " + line);
                if (!line.isBlank()) {
                    last.addLast(line.strip());
                }
                if (last.size() > KEPT_LINES) {
                    last.removeFirst();
                }
            }
        }
        return last;
    }

    /** Asks politely, then insists; the descendants first, for nobody could name them afterwards. */
    private void end() {
        Process process = running;
        if (process == null) {
            return;
        }
        running = null;
        List<ProcessHandle> family = process.descendants().toList();
        if (!process.isAlive() && family.isEmpty()) {
            return;
        }
        process.destroy();
        family.forEach(ProcessHandle::destroy);
        try {
            process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(atEnd);
        } catch (IllegalStateException e) {
            // The program is ending: the hook is running already.
        }
    }
}
