package dev.earshot.segmentation;

import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The masks of a clip, frame after frame in order. They are computed while one iterates, a few frames ahead at most, so
 * memory does not grow with the clip's length; hence they can be walked through only once, on one thread, and before the
 * segmenter is closed. The masks themselves are plain data and may be kept. Closing stops the decoder; the end of the walk
 * does so too.
 */
public final class Masks implements Iterable<FrameMask>, AutoCloseable {
    private final ClipStream stream;
    private final Iterator<SegmentedFrame> frames;
    private boolean taken;

    /**
     * For implementations of {@link Segmenter}.
     *
     * @param stream what {@code frames} reads from; closed with this object
     * @param frames the results
     */
    public Masks(ClipStream stream, Iterator<SegmentedFrame> frames) {
        this.stream = stream;
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
        return stream.notes();
    }

    @Override
    public void close() {
        stream.close();
    }

    /** All masks; memory grows with the clip. */
    public List<FrameMask> toList() {
        return stream().toList();
    }
}
