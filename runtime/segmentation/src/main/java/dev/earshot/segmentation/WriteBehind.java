package dev.earshot.segmentation;

import dev.earshot.segmentation.internal.Threads;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A thread that writes results while the next ones are computed. Tasks run one after the other in the order in which they
 * were given; {@link #submit} waits while {@code capacity} of them are waiting, so memory stays bounded. The first failure
 * of a task drops all later ones and comes out of the next {@link #submit} or of {@link #finish}.
 *
 * <pre>{@code
 * try (Masks masks = segmenter.segment(clip);
 *         WriteBehind writer = new WriteBehind(4)) {
 *     for (FrameMask mask : masks) writer.submit(() -> mask.writePng(folder.resolve(mask.name())));
 *     writer.finish();
 * }
 * }</pre>
 *
 * <p>Tasks are given by one thread at a time.
 */
public final class WriteBehind implements AutoCloseable {
    private final int capacity;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final Thread thread;
    private boolean running; // a task
    private boolean closed;
    private Throwable failure;

    /**
     * Starts the thread.
     *
     * @param capacity most tasks that may wait
     */
    public WriteBehind(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("write-behind: expected a capacity of at least 1, got " + capacity);
        }
        this.capacity = capacity;
        this.thread = Thread.ofPlatform().daemon().name("earshot-writer").start(this::run);
    }

    private void run() {
        for (Runnable task = take(); task != null; task = take()) {
            Throwable thrown = null;
            try {
                task.run();
            } catch (Throwable e) {
                thrown = e;
            }
            ended(thrown);
        }
    }

    private synchronized Runnable take() {
        while (waiting.isEmpty() && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                closed = true; // nobody but the process's end interrupts this thread
            }
        }
        if (closed) {
            return null;
        }
        running = true;
        Runnable task = waiting.remove();
        notifyAll();
        return task;
    }

    private synchronized void ended(Throwable thrown) {
        running = false;
        if (thrown != null) {
            failure = thrown;
            waiting.clear();
        }
        notifyAll();
    }

    /**
     * Gives a task, waiting for room.
     *
     * @throws IllegalStateException if closed or interrupted
     * @throws RuntimeException the failure of an earlier task, once
     */
    public synchronized void submit(Runnable task) {
        await(() -> waiting.size() < capacity);
        waiting.add(task);
        notifyAll();
    }

    /**
     * Waits until all tasks have run.
     *
     * @throws IllegalStateException if closed or interrupted
     * @throws RuntimeException the failure of a task, once
     */
    public synchronized void finish() {
        await(() -> waiting.isEmpty() && !running);
    }

    private interface Condition {
        boolean holds();
    }

    /** Called with the monitor held. */
    private void await(Condition condition) {
        while (failure == null && !closed && !condition.holds()) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for results to be written", e);
            }
        }
        if (closed) {
            throw new IllegalStateException("write-behind: closed");
        }
        if (failure != null) {
            Throwable once = failure;
            failure = null;
            throw Threads.unchecked(once);
        }
    }

    /** Drops the tasks that still wait and returns when the running one has ended. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            waiting.clear();
            notifyAll();
        }
        Threads.join(thread);
    }
}
