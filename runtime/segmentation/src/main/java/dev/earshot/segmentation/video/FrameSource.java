package dev.earshot.segmentation.video;

import dev.earshot.segmentation.image.ImageLimits;
import dev.earshot.segmentation.image.RgbImage;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;

/**
 * Pictures in the order of time, one after the other, never all in memory. Close it when done; reading it to its end
 * closes it too. Used by one thread.
 */
public sealed interface FrameSource extends Iterator<FrameSource.Frame>, AutoCloseable
        permits VideoFrames, FolderFrames, StillFrames {
    /**
     * One picture.
     *
     * @param index counts from 0
     * @param timeSeconds when it is shown
     * @param image the picture, owned by whoever takes the frame
     */
    record Frame(int index, double timeSeconds, RgbImage image) {}

    /** What a user should know about the pictures so far, such as a truncated file; empty if all is well. */
    List<String> notes();

    /** From any thread: a read that waits for a decoder finds the end of the pictures instead; close follows as ever. */
    default void stop() {}

    @Override
    void close();

    /**
     * The pictures of a video at a fixed rate.
     *
     * @param sampling rate, which picture of each period, and which part of the video
     * @throws dev.earshot.segmentation.MediaException if the probe knows no pictures, or more than the limits allow
     */
    static FrameSource ofVideo(Path file, VideoProbe probe, Sampling sampling, VideoLimits limits) {
        return new VideoFrames(file, probe, sampling, limits);
    }

    /**
     * The PNG and JPEG files of a folder in the natural order of their names ({@code 2.png} before {@code 10.png}).
     *
     * @param framesPerSecond how fast they follow each other
     */
    static FrameSource ofFolder(Path folder, double framesPerSecond, ImageLimits limits) {
        return new FolderFrames(folder, framesPerSecond, limits);
    }

    /** How many pictures {@link #ofFolder} finds; at least one. */
    static int countIn(Path folder) {
        return FolderFrames.files(folder).size();
    }

    /** One picture, shown {@code count} times. */
    static FrameSource ofImage(Path image, int count, double framesPerSecond, ImageLimits limits) {
        return new StillFrames(image, count, framesPerSecond, limits);
    }
}
