package dev.earshot.tools;

/** Methods that outline what sounds. */
enum SegmentationMethod {
    MOCA("moca"),
    SAM_BIND("sam-bind");

    private final String word;

    SegmentationMethod(String word) {
        this.word = word;
    }

    @Override
    public String toString() { // the word of the command line
        return word;
    }
}
