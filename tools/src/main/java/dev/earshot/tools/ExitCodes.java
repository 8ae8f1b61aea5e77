package dev.earshot.tools;

/** What the command line's exit status says. */
public final class ExitCodes {
    /** Everything asked for was done. */
    public static final int OK = 0;
    /** At least one input failed; the others were done. */
    public static final int FAILED_INPUTS = 1;
    /** The command line itself is wrong. */
    public static final int USAGE = 2;
    /** The machine lacks something: a library, a device, weights, disk space. */
    public static final int ENVIRONMENT = 3;

    /** Interrupted and saved; after a signal the virtual machine gives the signal's own status, 130 or 143. */
    public static final int INTERRUPTED = 130;

    private ExitCodes() {}
}
