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

    private ExitCodes() {}
}
