package dev.earshot.segmentation;

import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.video.AudioSource;
import dev.earshot.segmentation.video.FrameSource;
import dev.earshot.segmentation.video.Sampling;
import dev.earshot.segmentation.video.VideoProbe;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Pictures with their sound: a video, a folder of frames beside a WAV file, or one picture beside a WAV file.
 *
 * <p>A clip is a description and holds nothing open, but between {@link #decodeEarly()} and what follows it; {@link
 * #stream()} decodes it, one frame at a time and as often as asked. Whatever the source, frames come with one second of 16 kHz mono sound each.
 *
 * <pre>{@code
 * try (ClipStream frames = Clip.open(video).stream()) {
 *     while (frames.hasNext()) use(frames.next());
 * }
 * }</pre>
 */
public final class Clip {
    /** The rate of the sound that comes with frames. */
    public static final int SAMPLE_RATE_HZ = 16_000;

    private final String name;
    private final ClipOptions options;
    private final int expectedFrames;
    private final List<String> notes;
    private final Supplier<FrameSource> frames;
    private final Supplier<AudioSource> sound;
    private final AtomicReference<ClipStream> early = new AtomicReference<>();

    private Clip(
            String name,
            ClipOptions options,
            int expectedFrames,
            List<String> notes,
            Supplier<FrameSource> frames,
            Supplier<AudioSource> sound) {
        this.name = name;
        this.options = options;
        this.expectedFrames = expectedFrames;
        this.notes = notes;
        this.frames = frames;
        this.sound = sound;
    }

    /** A video file, one picture a second. */
    public static Clip open(Path video) {
        return open(video, ClipOptions.DEFAULT);
    }

    /**
     * A video file (mp4, mov, mkv, webm, avi). Without a sound track its sound is silence, which a note says.
     *
     * @throws MediaException if the file is no video, has no pictures, or is beyond the limits
     * @throws java.io.UncheckedIOException if it cannot be read at all
     */
    public static Clip open(Path video, ClipOptions options) {
        VideoProbe probe = VideoProbe.of(video, options.video());
        if (!probe.hasVideo()) {
            throw MediaException.of(
                    video.getFileName().toString(), "pictures", "sound only", "give a picture or frames beside it");
        }
        Sampling sampling = options.sampling();
        String name = stem(video);
        return new Clip(
                name,
                options,
                Double.isNaN(probe.seconds()) ? -1 : sampling.expectedFrames(probe.seconds()),
                probe.hasAudio() ? List.of() : List.of(name + ": no sound track; every frame counts as silent"),
                () -> FrameSource.ofVideo(video, probe, sampling, options.video()),
                () -> probe.hasAudio()
                        ? AudioSource.monoOfVideo(video, probe, SAMPLE_RATE_HZ, sampling, options.video())
                        : AudioSource.of(Waveform.mono(new float[0], SAMPLE_RATE_HZ)));
    }

    /** A folder of frames, one a second, beside their sound. */
    public static Clip ofFrames(Path folder, Path wav) {
        return ofFrames(folder, wav, ClipOptions.DEFAULT);
    }

    /**
     * The PNG and JPEG files of a folder in natural order, at the rate of the options, beside their sound. Sound beyond
     * the last frame is left out; missing sound is silence.
     */
    public static Clip ofFrames(Path folder, Path wav, ClipOptions options) {
        double rate = options.sampling().framesPerSecond();
        Supplier<AudioSource> sound = sound(WavFiles.read(wav, options.audio()));
        return new Clip(
                folder.toAbsolutePath().normalize().getFileName().toString(),
                options,
                FrameSource.countIn(folder),
                List.of(),
                () -> FrameSource.ofFolder(folder, rate, options.image()),
                sound);
    }

    /** One picture beside a sound: the picture stands still for as long as the sound lasts. */
    public static Clip ofImage(Path image, Path wav) {
        return ofImage(image, wav, ClipOptions.DEFAULT);
    }

    /** As {@link #ofImage(Path, Path)}; the sound's last period counts if more than half of it exists. */
    public static Clip ofImage(Path image, Path wav, ClipOptions options) {
        Waveform wave = WavFiles.read(wav, options.audio());
        double rate = options.sampling().framesPerSecond();
        int count =
                new Sampling(rate, Sampling.Pick.MIDDLE, 0, Double.POSITIVE_INFINITY).expectedFrames(wave.seconds());
        ImageFiles.read(image, options.image()); // a bad picture is refused here and not at the first frame
        return new Clip(
                stem(image),
                options,
                count,
                List.of(),
                () -> FrameSource.ofImage(image, count, rate, options.image()),
                sound(wave));
    }

    private static Supplier<AudioSource> sound(Waveform wave) {
        Waveform mono = wave.mono().at(SAMPLE_RATE_HZ);
        return () -> AudioSource.of(mono);
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    /** The file's or folder's name without extension. */
    public String name() {
        return name;
    }

    /** The options it was opened with. */
    public ClipOptions options() {
        return options;
    }

    /** How many frames to expect, for a progress display; -1 if nobody knows. */
    public int expectedFrames() {
        return expectedFrames;
    }

    /** Decodes the clip from its beginning. */
    public ClipStream stream() {
        ClipStream begun = early.getAndSet(null);
        return begun != null ? begun : newStream();
    }

    /**
     * Starts the decoders now, before somebody is there to take frames, for example while networks load. The next
     * {@link #stream()} takes them over; whoever finds that there will be none calls {@link #discardEarly()}.
     */
    public void decodeEarly() {
        ClipStream former = early.getAndSet(newStream());
        if (former != null) {
            former.close();
        }
    }

    /** Ends what {@link #decodeEarly()} began, if nobody has taken it over. */
    public void discardEarly() {
        ClipStream begun = early.getAndSet(null);
        if (begun != null) {
            begun.close();
        }
    }

    private ClipStream newStream() {
        FrameSource pictures = frames.get();
        try {
            return new ClipStream(pictures, sound.get(), options.sampling().framesPerSecond(), notes);
        } catch (RuntimeException e) {
            pictures.close();
            throw e;
        }
    }

    @Override
    public String toString() {
        return "Clip[" + name + "]";
    }
}
