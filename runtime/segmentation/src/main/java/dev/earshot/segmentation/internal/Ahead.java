package dev.earshot.segmentation.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Lets a source run ahead of whoever uses its items: a daemon thread of its own takes them from the source and waits while
 * {@code capacity} of them lie ready. Items keep their order; a failure of the source comes out once, behind the items
 * before it, as the exception that it was. Closing stops the source, waits for its thread and drops what lies ready.
 *
 * <p>Items are taken by one thread at a time.
 */
public final class Ahead<T> implements Iterator<T>, AutoCloseable {
    /** What runs ahead. */
    public interface Source<T> {
        /** The next item, or null at the end; called by the thread of the {@link Ahead}. */
        T next();

        /** Makes a {@link #next} that waits for something return or fail soon; called by any thread. */
        void stop();

        /** Frees what the source holds, after the last {@link #next}, by the thread that called that. */
        void close();
    }

    private final Source<T> source;
    private final int capacity;
    private final Deque<T> ready = new ArrayDeque<>();
    private final Thread thread;
    private Throwable failure;
    private boolean ended;
    private boolean stopped;

    /** Starts at once. */
    public Ahead(String threadName, int capacity, Source<T> source) {
        this.source = source;
        this.capacity = capacity;
        this.thread = Thread.ofPlatform().daemon().name(threadName).start(this::run);
    }

    private void run() {
        Throwable thrown = null;
        try {
            for (T item = source.next(); item != null && put(item); item = source.next()) {
                // put() has waited for room
            }
        } catch (Throwable e) {
            thrown = e;
        }
        try {
            source.close();
        } catch (Throwable e) {
            if (thrown == null) {
                thrown = e;
            } else {
                thrown.addSuppressed(e);
            }
        }
        end(thrown);
    }

    private synchronized void end(Throwable thrown) {
        failure = thrown;
        ended = true;
        notifyAll();
    }

    /** Returns false once nobody wants more. */
    private synchronized boolean put(T item) throws InterruptedException {
        while (ready.size() >= capacity && !stopped) {
            wait();
        }
        if (stopped) {
            return false;
        }
        ready.add(item);
        notifyAll();
        return true;
    }

    @Override
    public synchronized boolean hasNext() {
        while (ready.isEmpty() && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for " + thread.getName(), e);
            }
        }
        if (ready.isEmpty() && failure != null && !stopped) {
            Throwable once = failure;
            failure = null;
            throw Threads.unchecked(once);
        }
        return !ready.isEmpty();
    }

    @Override
    public synchronized T next() {
        if (!hasNext()) {
            throw new NoSuchElementException(thread.getName() + ": no more");
        }
        T item = ready.remove();
        notifyAll();
        return item;
    }

    @Override
    public void close() {
        synchronized (this) {
            stopped = true;
            ready.clear();
            notifyAll();
        }
        source.stop();
        Threads.join(thread);
    }
}
