package dev.earshot.segmentation;

import java.util.Iterator;
import java.util.List;

/** A clip that is being segmented: what implementations of {@link Segmenter} hand to {@link Masks}. */
public interface MaskSource extends Iterator<SegmentedFrame>, AutoCloseable {
    /** What a user should know about the clip so far; see {@link Masks#notes()}. */
    List<String> notes();

    /** What decoding, and whatever else runs ahead of the networks, took so far, by part. */
    StageTimes decoding();

    /** What {@link #next} and {@link #hasNext} took so far without waiting for frames, by part. */
    StageTimes computing();

    /** Stops the decoder and frees what the clip holds; closing twice is allowed. */
    @Override
    void close();
}
