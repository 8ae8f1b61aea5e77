package dev.earshot.segmentation.internal;

/**
 * A resource with several owners, closed with the last of them. Owners may come and go on any thread; the closing happens on
 * the thread of the last one.
 *
 * @param <T> the resource
 */
public final class Shared<T extends AutoCloseable> {
    private final T value;
    private final Runnable close;
    private int owners = 1;

    /** With one owner, the caller; {@code close} frees the resource. */
    public Shared(T value, Runnable close) {
        this.value = value;
        this.close = close;
    }

    /** The resource; to be used by owners only. */
    public T value() {
        return value;
    }

    /**
     * Adds an owner.
     *
     * @throws IllegalStateException if the last one has gone
     */
    public synchronized Shared<T> retain() {
        if (owners == 0) {
            throw new IllegalStateException("shared resource: its last owner has closed it");
        }
        owners++;
        return this;
    }

    /** Takes an owner away; each calls it once. */
    public synchronized void release() {
        if (--owners == 0) {
            close.run();
        }
    }
}
