package dev.earshot.segmentation;

import java.util.List;
import java.util.Map;

/**
 * A method that outlines what can be heard. Holds networks ready to run: make one, use it for many clips, close it before
 * its backend. Results are computed by one thread at a time. Several clips may be open: asked for early, the next clip is
 * being decoded while the former is computed.
 */
public interface Segmenter extends AutoCloseable {
    /**
     * Outlines what sounds in each frame of a clip, while the result is iterated; decoding starts at once. Any thread may
     * call this.
     *
     * @throws IllegalStateException if closed
     */
    Masks segment(Clip clip);

    /**
     * Outlines what sounds in frames that are at hand, all of one clip and in order; the same masks as
     * {@link #segment(Clip)} draws.
     *
     * @throws IllegalStateException if closed
     */
    List<SegmentedFrame> segment(List<ClipFrame> frames);

    /** The method's name: {@code moca}, {@code sam-bind}. */
    String method();

    /** Every setting that a result depends on, in words, for result files. */
    Map<String, String> settings();

    @Override
    void close();
}
