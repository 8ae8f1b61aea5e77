package dev.earshot.tools.train;

import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * Lets Ctrl-C and SIGTERM end long work at a good moment: the first signal is only a request, and the process ends when the
 * work has been closed. The virtual machine then exits with the signal's status, 130 or 143.
 */
public final class StopSignal implements AutoCloseable {
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean requested;

    private StopSignal(Consumer<String> note) {
        hook = new Thread(
                () -> {
                    requested = true;
                    note.accept("stopping: the step in progress is finished and saved first");
                    awaitClose();
                },
                "earshot-stop");
    }

    /** Installs it; close it when the work has ended, one way or the other. */
    public static StopSignal install(Consumer<String> note) {
        StopSignal signal = new StopSignal(note);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** True once a signal has come. */
    public boolean requested() {
        return requested;
    }

    private void awaitClose() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts hooks; the process ends without waiting
        }
    }

    @Override
    public void close() {
        if (!requested) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                requested = true; // the process is ending at this moment
            }
        }
        closed.countDown();
    }
}
