package dev.earshot.tensor.internal;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Detects that two threads are inside the same object at once. An object may move from thread to thread between calls (a
 * service's request threads take turns), so it is not bound to the thread that made it; a call that overlaps another
 * thread's call fails and leaves that other call alone. Costs two uncontended atomic writes per guarded call.
 *
 * <p>{@code guard.enter("linear"); try { … } finally { guard.exit(); }}; calls nest.
 */
public final class ThreadGuard {
    private final String what;
    private final AtomicReference<Thread> inside = new AtomicReference<>();
    private int depth;

    /** A guard of the object that {@code what} names in the error text. */
    public ThreadGuard(String what) {
        this.what = what;
    }

    /**
     * Marks the calling thread as inside.
     *
     * @throws IllegalStateException if another thread is inside
     */
    public void enter(String call) {
        Thread current = Thread.currentThread();
        if (inside.get() != current && !inside.compareAndSet(null, current)) {
            Thread other = inside.get();
            throw new IllegalStateException(
                    "%s: %s called by thread %s while thread %s is inside; use it from one thread at a time"
                            .formatted(what, call, current.getName(), other == null ? "(just left)" : other.getName()));
        }
        depth++;
    }

    /** Ends the innermost {@link #enter} of this thread. */
    public void exit() {
        if (--depth == 0) {
            inside.set(null);
        }
    }
}
