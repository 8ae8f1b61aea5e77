package dev.earshot.segmentation;

/**
 * A method that outlines what can be heard. Holds networks ready to run: make one, use it for many clips, close it before
 * its backend. One thread and one clip at a time.
 */
public interface Segmenter extends AutoCloseable {
    /**
     * Outlines what sounds in each frame of a clip, while the result is iterated.
     *
     * @throws IllegalStateException if closed
     */
    Masks segment(Clip clip);

    /** The method's name: {@code moca}. */
    String method();

    /** Every setting that a result depends on, in words, for result files. */
    java.util.Map<String, String> settings();

    @Override
    void close();
}
