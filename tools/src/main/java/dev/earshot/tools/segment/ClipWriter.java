package dev.earshot.tools.segment;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.Utilisation;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.output.ContactSheet;
import dev.earshot.segmentation.output.OverlayVideo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes the results of one clip into a folder as they come: {@code masks/00000.png}, {@code result.json},
 * {@code overlay.mp4} and {@code contact.png}.
 */
public final class ClipWriter implements AutoCloseable {
    /** Longer sides are scaled down in the overlay video, which is for looking at. */
    private static final int MAX_VIDEO_SIDE = 1920;

    private final Path folder;
    private final RunInfo run;
    private final ResultJson json;
    private final OverlayVideo video;
    private final ContactSheet sheet;
    private final Map<String, Long> nanos = new LinkedHashMap<>(); // what writing took, by part
    private int frames;
    private int outlined;
    private int silent;

    /** Begins in an empty folder. */
    public ClipWriter(Path folder, String input, Clip clip, RunInfo run) {
        this.folder = folder;
        this.run = run;
        try {
            Files.createDirectories(folder.resolve("masks"));
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be written", e);
        }
        json = new ResultJson(folder.resolve(ResultFolder.MARKER), input, clip.name(), run);
        video = new OverlayVideo(folder.resolve("overlay.mp4"), run.framesPerSecond());
        sheet = new ContactSheet(clip.name(), run.method() + " \u00b7 " + run.weightsNote());
    }

    /** Adds a frame. */
    public void add(SegmentedFrame segmented) {
        Stopwatch watch = new Stopwatch();
        String file = "masks/" + segmented.result().name();
        segmented.result().writePng(folder.resolve(file));
        watch.lap("png");
        run.weights().start();
        json.frame(segmented.result(), file);
        watch.lap("json");
        if (run.pictures()) {
            ClipFrame small = small(segmented.frame());
            BinaryMask mask = resized(
                    segmented.result().mask(),
                    small.image().width(),
                    small.image().height());
            video.add(small, mask);
            watch.lap("overlay");
            sheet.add(small, mask);
            watch.lap("contact");
        }
        frames++;
        outlined += segmented.result().mask().isEmpty() ? 0 : 1;
        silent += segmented.result().silent() ? 1 : 0;
    }

    private static ClipFrame small(ClipFrame frame) {
        int width = frame.image().width();
        int height = frame.image().height();
        double scale = (double) MAX_VIDEO_SIDE / Math.max(width, height);
        if (scale >= 1) {
            return frame;
        }
        int w = (int) Math.max(1, Math.round(width * scale));
        int h = (int) Math.max(1, Math.round(height * scale));
        return new ClipFrame(
                frame.index(),
                frame.timeSeconds(),
                Resampler.resize(frame.image(), w, h, Filter.BILINEAR),
                frame.sound());
    }

    private static BinaryMask resized(BinaryMask mask, int width, int height) {
        if (mask.width() == width && mask.height() == height) {
            return mask;
        }
        BinaryMask small = new BinaryMask(width, height);
        for (int y = 0; y < height; y++) {
            int sourceY = (int) ((y + 0.5) * mask.height() / height);
            for (int x = 0; x < width; x++) {
                if (mask.get((int) ((x + 0.5) * mask.width() / width), sourceY)) {
                    small.set(x, y);
                }
            }
        }
        return small;
    }

    /**
     * Completes all files.
     *
     * @param notes what a user should know about the clip
     * @param stages what the stages took, given what writing took by part
     */
    public Utilisation finish(List<String> notes, Function<StageTimes, Utilisation> stages) {
        Stopwatch watch = new Stopwatch();
        if (run.pictures() && frames > 0) {
            video.finish();
            watch.lap("overlay");
            sheet.write(folder.resolve("contact.png"));
            watch.lap("contact");
        }
        Utilisation use = stages.apply(new StageTimes(nanos));
        json.finish(run, notes, use);
        json.close();
        return use;
    }

    /** Splits the time since its creation into parts. */
    private final class Stopwatch {
        private long last = System.nanoTime();

        void lap(String part) {
            long now = System.nanoTime();
            nanos.merge(part, now - last, Long::sum);
            last = now;
        }
    }

    /** Frames so far. */
    public int frames() {
        return frames;
    }

    /** Frames with a mask that is not empty. */
    public int outlined() {
        return outlined;
    }

    /** Frames without sound. */
    public int silent() {
        return silent;
    }

    @Override
    public void close() {
        video.close();
        json.close();
    }
}
