package dev.earshot.segmentation;

import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The masks of a clip, frame after frame in order. A thread of its own decodes a few frames ahead, from the moment this
 * object exists; the masks are computed while one iterates. So memory does not grow with the clip's length, and they can be
 * walked through only once, on one thread, and before the segmenter is closed. The masks themselves are plain data and may
 * be kept; {@link WriteBehind} writes them while the next ones are computed. Closing stops the decoder; the end of the walk
 * does so too.
 */
public final class Masks implements Iterable<FrameMask>, AutoCloseable {
    private final MaskSource frames;
    private boolean taken;

    /** For implementations of {@link Segmenter}: the results, closed with this object. */
    public Masks(MaskSource frames) {
        this.frames = frames;
    }

    /**
     * The masks.
     *
     * @throws IllegalStateException if they were walked through before
     */
    @Override
    public Iterator<FrameMask> iterator() {
        Iterator<SegmentedFrame> each = withFrames();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return each.hasNext();
            }

            @Override
            public FrameMask next() {
                return each.next().result();
            }
        };
    }

    /** The masks together with their frames, for overlays; the same single walk as {@link #iterator}. */
    public Iterator<SegmentedFrame> withFrames() {
        if (taken) {
            throw new IllegalStateException("masks: can be walked through once; call segment again");
        }
        taken = true;
        return frames;
    }

    /** The masks as a sequential stream. */
    public Stream<FrameMask> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /** What a user should know about the clip, such as a missing sound track; complete after the walk. */
    public List<String> notes() {
        return frames.notes();
    }

    /** What decoding and preprocessing took so far on their own thread, by part; see {@link #computing()}. */
    public StageTimes decoding() {
        return frames.decoding();
    }

    /** What the networks and the rest of the method took so far on the walking thread, by part. */
    public StageTimes computing() {
        return frames.computing();
    }

    @Override
    public void close() {
        frames.close();
    }

    /** All masks; memory grows with the clip. */
    public List<FrameMask> toList() {
        return stream().toList();
    }
}
