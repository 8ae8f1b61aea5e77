package dev.earshot.segmentation.datasets;

import dev.earshot.segmentation.metrics.LabelMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A clip of AVSBench-semantic.
 *
 * @param id the video's uid
 * @param category the subset: v1s (one source, 5 s), v1m (several, 5 s) or v2 (10 s)
 * @param frames one picture a second, 5 or 10
 * @param audio the sound
 * @param targetFiles label maps of the first frames: of all, but in the train split of v1s of the first frame only
 * @param classes what the colours mean
 */
public record LabelClip(
        String id, String category, List<Path> frames, Path audio, List<Path> targetFiles, ClassTable classes)
        implements EvaluationClip {
    /** AVSBench's loader pads every clip to this many frames. */
    public static final int PADDED_FRAMES = 10;

    public LabelClip {
        frames = List.copyOf(frames);
        targetFiles = List.copyOf(targetFiles);
    }

    /**
     * Reads the label map of a frame, at the size of its file. AVSBench scores at 224 x 224: see
     * {@link LabelMap#resized}.
     *
     * @param frame from 0, below the number of {@link #targetFiles}
     * @throws dev.earshot.segmentation.MediaException if it is no picture
     */
    public LabelMap target(int frame) {
        return MaskFiles.readLabels(targetFiles.get(frame), classes);
    }

    /** Reads the label maps of all frames that have one, at the given size. */
    public List<LabelMap> targets(int width, int height) {
        List<LabelMap> maps = new ArrayList<>();
        for (int k = 0; k < targetFiles.size(); k++) {
            maps.add(target(k).resized(width, height));
        }
        return maps;
    }
}
