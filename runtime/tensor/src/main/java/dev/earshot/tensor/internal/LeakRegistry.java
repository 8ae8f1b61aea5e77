package dev.earshot.tensor.internal;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows every open backend, workspace, parameter scope and program together with the stack that opened it, so that a test
 * run can prove that all of them were closed. Switched on by {@code -Dearshot.leaks=true} (all tests of this build) and
 * free of cost otherwise: {@link #track} then returns a shared handle that does nothing. When a JVM with the switch ends,
 * what is still open is printed to standard error with its stacks.
 *
 * <p>Entries are weak in no way: a resource that is dropped without {@code close()} stays listed, which is the point.
 * Thread-safe.
 */
public final class LeakRegistry {
    private static final boolean ENABLED = Boolean.getBoolean("earshot.leaks");
    private static final ConcurrentHashMap<Entry, Boolean> OPEN = new ConcurrentHashMap<>();
    private static final Handle OFF = () -> {};

    static {
        if (ENABLED) {
            // Not through the logging system: its own shutdown hook may have closed it already.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> report(System.err), "earshot-leak-report"));
        }
    }

    private LeakRegistry() {}

    /** A registration; its owner calls {@link #closed()} when it is closed. */
    @FunctionalInterface
    public interface Handle {
        /** Removes the entry; calling it again does nothing. */
        void closed();
    }

    /** One open resource; the stack trace of this throwable is where it was opened. */
    public static final class Entry extends Throwable {
        private static final long serialVersionUID = 1L;

        private Entry(String what) {
            super(what + " opened by thread " + Thread.currentThread().getName() + " and not closed");
        }
    }

    /** Registers a resource described by {@code what}, for example {@code "workspace of 64 MiB (cpu)"}. */
    public static Handle track(String what) {
        if (!ENABLED) {
            return OFF;
        }
        Entry entry = new Entry(what);
        OPEN.put(entry, true);
        return () -> OPEN.remove(entry);
    }

    /** True if resources are being tracked in this JVM. */
    public static boolean enabled() {
        return ENABLED;
    }

    /** The resources open now. */
    public static List<Entry> open() {
        return new ArrayList<>(OPEN.keySet());
    }

    private static void report(PrintStream to) {
        List<Entry> open = open();
        if (!open.isEmpty()) {
            to.println("earshot: " + open.size() + " resource(s) were never closed");
            open.forEach(entry -> entry.printStackTrace(to));
        }
    }
}
