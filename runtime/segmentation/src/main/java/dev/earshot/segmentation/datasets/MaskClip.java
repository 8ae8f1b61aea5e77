package dev.earshot.segmentation.datasets;

import dev.earshot.segmentation.BinaryMask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A clip of AVSBench S4 or MS3.
 *
 * @param kind S4 or MS3
 * @param split train, val or test
 * @param id the video's name
 * @param category its class; empty in MS3
 * @param frames one picture a second
 * @param audio 16 kHz mono sound
 * @param targetFiles masks of the first frames: of all, but in S4's train split of the first frame only
 */
public record MaskClip(
        BenchmarkKind kind,
        String split,
        String id,
        String category,
        List<Path> frames,
        Path audio,
        List<Path> targetFiles)
        implements EvaluationClip {
    public MaskClip {
        frames = List.copyOf(frames);
        targetFiles = List.copyOf(targetFiles);
    }

    /**
     * Reads the mask of a frame, at the size of its file.
     *
     * @param frame from 0, below the number of {@link #targetFiles}
     * @throws dev.earshot.segmentation.MediaException if it is no mask
     */
    public BinaryMask target(int frame) {
        return MaskFiles.readTarget(targetFiles.get(frame));
    }

    /** Reads the masks of all frames that have one. */
    public List<BinaryMask> targets() {
        List<BinaryMask> masks = new ArrayList<>();
        for (int k = 0; k < targetFiles.size(); k++) {
            masks.add(target(k));
        }
        return masks;
    }
}
