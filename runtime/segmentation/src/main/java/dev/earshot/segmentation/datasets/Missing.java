package dev.earshot.segmentation.datasets;

/** What to do about clips whose files are not all there. */
public enum Missing {
    /** Refuse the whole data set: the default for AVSBench, which is published as files. */
    REFUSE,
    /** Leave them out and list them: the default for VGG-SS, whose videos come from YouTube and vanish. */
    SKIP
}
