package dev.earshot.segmentation.internal;

/** What the stages of the pipeline share. */
public final class Threads {
    private Threads() {}

    /** A failure of another thread, to be thrown by this one; errors are thrown at once. */
    public static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException exception ? exception : new IllegalStateException(failure);
    }

    /** Waits until a thread has ended; an interruption meanwhile is kept for later, since the thread ends soon anyway. */
    public static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
