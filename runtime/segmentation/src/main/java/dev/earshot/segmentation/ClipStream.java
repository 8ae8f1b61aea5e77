package dev.earshot.segmentation;

import dev.earshot.segmentation.video.AudioSource;
import dev.earshot.segmentation.video.FrameSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The frames of a clip while it is decoded. Memory does not grow with the clip: one picture and about two seconds of
 * sound. Close it when done; reading it to its end closes it too. Used by one thread, but
 * for {@link #stop}.
 */
public final class ClipStream implements Iterator<ClipFrame>, AutoCloseable {
    private final FrameSource frames;
    private final SoundWindow sound;
    private final double framesPerSecond;
    private final List<String> notes;

    ClipStream(FrameSource frames, AudioSource audio, double framesPerSecond, List<String> notes) {
        this.frames = frames;
        this.sound = new SoundWindow(audio);
        this.framesPerSecond = framesPerSecond;
        this.notes = notes;
    }

    @Override
    public boolean hasNext() {
        boolean more = frames.hasNext();
        if (!more) {
            sound.close();
        }
        return more;
    }

    @Override
    public ClipFrame next() {
        FrameSource.Frame frame = frames.next();
        // The second around the middle of the frame's period, but not from before the beginning.
        double start = Math.max(0, (frame.index() + 0.5) / framesPerSecond - 0.5);
        float[] second = sound.read(Math.round(start * Clip.SAMPLE_RATE_HZ), Clip.SAMPLE_RATE_HZ);
        return new ClipFrame(frame.index(), frame.timeSeconds(), frame.image(), second);
    }

    /** What a user should know so far: no sound track, truncated, damaged, undecodable sound; complete once the last frame was taken. */
    public List<String> notes() {
        List<String> all = new ArrayList<>(notes);
        all.addAll(frames.notes());
        all.addAll(sound.notes());
        return all;
    }

    /**
     * From any thread: ends the decoders, so that a read that waits for them ends soon and the stream with it. Whoever reads
     * still closes it.
     */
    public void stop() {
        frames.stop();
        sound.stop();
    }

    @Override
    public void close() {
        frames.close();
        sound.close();
    }
}
