package dev.earshot.tools.demoworld;

import java.util.Locale;

/** The three disjoint parts of the demo world. */
public enum Split {
    /** For training. */
    TRAIN,
    /** For choosing settings. */
    VAL,
    /** For reporting. */
    TEST;

    /** The name in folders, tables and on the command line. */
    String folder() {
        return name().toLowerCase(Locale.ROOT);
    }
}
