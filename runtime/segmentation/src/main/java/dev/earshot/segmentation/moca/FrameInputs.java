package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.PictureInput;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Frames of a clip on their way to the networks: pictures at the trunk's size, still in bytes (the networks' pass normalises
 * them), and sound as its trunk takes it, in native memory that the next frames are written to again. Silent frames are kept
 * in their place but have no input. Filled by one thread, then read by another.
 */
final class FrameInputs {
    private final MocaSettings settings;
    private final PictureInput picture;
    private final ImageBindAudio logMel = ImageBindAudio.STANDARD;
    private final ImageBindAudio.Input sound = logMel.input();
    private final MemorySegment pictures; // bytes [batch, side, side, 3]
    private final MemorySegment sounds; // [batch, 1, mel, time]
    private final MemorySegment indices; // [batch]
    private final long pictureBytes;
    private final long soundBytes;
    private final List<Heard> frames = new ArrayList<>();
    private int sounding;
    private long preprocessNanos;

    /**
     * A frame and how loud it is.
     *
     * @param silent whether there is too little to look for anything
     */
    record Heard(ClipFrame frame, double loudnessDbfs, boolean silent) {
        static Heard of(ClipFrame frame, double silenceDbfs) {
            double loudness = Loudness.dbfs(frame.sound());
            return new Heard(frame, loudness, !(loudness >= silenceDbfs));
        }
    }

    /** Room for a batch, which lives as long as the arena. */
    FrameInputs(MocaSettings settings, Arena arena) {
        this.settings = settings;
        int side = settings.inputSize();
        this.picture = new PictureInput(ImagePreprocess.MOCA.square(side));
        this.pictureBytes = 3L * side * side;
        this.soundBytes = (long) logMel.clipSize() * Float.BYTES;
        this.pictures = arena.allocate(pictureBytes * settings.batch(), 64);
        this.sounds = arena.allocate(soundBytes * settings.batch(), 64);
        this.indices = arena.allocate(ValueLayout.JAVA_INT, settings.batch());
    }

    /** Forgets all frames. */
    void clear() {
        frames.clear();
        sounding = 0;
        preprocessNanos = 0;
    }

    /** Adds a frame behind the others; there must be room. */
    void add(ClipFrame frame) {
        long started = System.nanoTime();
        Heard heard = Heard.of(frame, settings.silenceDbfs());
        frames.add(heard);
        if (!heard.silent()) {
            picture.write(frame.image(), pictures, sounding * pictureBytes);
            sound.write(frame.sound(), sounds, sounding * soundBytes);
            indices.setAtIndex(ValueLayout.JAVA_INT, sounding, frame.index());
            sounding++;
        }
        preprocessNanos += System.nanoTime() - started;
    }

    /** Replaces the frames by these, as many as there is room for at most. */
    FrameInputs with(List<ClipFrame> others) {
        clear();
        others.forEach(this::add);
        return this;
    }

    boolean isEmpty() {
        return frames.isEmpty();
    }

    /** All frames in order. */
    List<Heard> frames() {
        return frames;
    }

    /** How many of them sound. */
    int sounding() {
        return sounding;
    }

    /** What {@link #add} took for all frames. */
    long preprocessNanos() {
        return preprocessNanos;
    }

    /** Pictures of the sounding frames {@code from} to {@code from + count}, U8 [count, side, side, 3]. */
    HostTensor pictures(int from, int count) {
        int side = settings.inputSize();
        return new HostTensor(
                pictures.asSlice(from * pictureBytes, count * pictureBytes), DType.U8, Shape.of(count, side, side, 3));
    }

    /** Their sound, [count, 1, mel, time]. */
    HostTensor sounds(int from, int count) {
        Shape shape = Shape.of(count, 1, logMel.fbank().options().melBins(), logMel.targetFrames());
        return new HostTensor(sounds.asSlice(from * soundBytes, count * soundBytes), DType.F32, shape);
    }

    /** Numbers in the clip of the sounding frames {@code from} to {@code from + count}, I32 [count]. */
    HostTensor indices(int from, int count) {
        long bytes = Integer.BYTES;
        return new HostTensor(indices.asSlice(from * bytes, count * bytes), DType.I32, Shape.of(count));
    }
}
