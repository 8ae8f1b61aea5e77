package dev.earshot.segmentation.metrics;

/**
 * How AVSBench-semantic is scored.
 *
 * @param classes number of classes, background included; 71 in AVSBench
 * @param framesPerVideo length to which shorter videos are padded
 * @param padded what becomes of the frames that are missing
 */
public record SemanticSettings(int classes, int framesPerVideo, Padded padded) {
    /** Frames of padding behind videos that are shorter than the longest. */
    public enum Padded {
        /** They count as background rightly predicted, as in AVSBench's script with a sane model. */
        COUNT,
        /** They do not count. */
        SKIP
    }

    /** 71 classes, videos padded to 10 frames, padding counted: comparable with published figures. */
    public static final SemanticSettings AVSBENCH = new SemanticSettings(71, 10, Padded.COUNT);

    public SemanticSettings {
        if (classes < 2 || classes > 256) {
            throw new IllegalArgumentException("classes: expected 2 to 256, got " + classes);
        }
        if (framesPerVideo < 1) {
            throw new IllegalArgumentException("frames per video: expected at least 1, got " + framesPerVideo);
        }
    }
}
