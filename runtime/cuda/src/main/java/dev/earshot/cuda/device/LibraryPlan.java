package dev.earshot.cuda.device;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a library (cuBLASLt, cuDNN) has prepared for work of one kind: made once, run often. Held by the {@link PlanCache} that
 * knows it and by every captured program that replays it; the last of them to let go frees it. One thread at a time.
 */
public abstract class LibraryPlan {
    private static final AtomicInteger OPEN = new AtomicInteger();

    private int holders;

    /** Plans of all devices that somebody holds. */
    static int open() {
        return OPEN.get();
    }

    final void hold() {
        if (holders == 0) {
            OPEN.incrementAndGet();
        }
        holders++;
    }

    final void letGo() {
        holders--;
        if (holders == 0) {
            OPEN.decrementAndGet();
            destroy();
        }
    }

    /** Frees the native parts; nothing that used them is under way. */
    protected abstract void destroy();
}
