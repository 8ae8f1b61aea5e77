package dev.earshot.tools.demoworld;

/** The three disjoint parts of the demo world. */
enum Split {
    TRAIN,
    VAL,
    TEST;

    /** The name in folders, tables and on the command line. */
    String folder() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
