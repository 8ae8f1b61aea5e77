package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.datasets.EvaluationClip;
import java.util.List;

/**
 * A clip in memory.
 *
 * @param clip which
 * @param frames pictures with their second of sound, at the size at which they are segmented
 * @param targets what sounds in the first frames, at the size at which is scored; none for clips with boxes
 */
public record LoadedClip(EvaluationClip clip, List<ClipFrame> frames, List<BinaryMask> targets) {
    public LoadedClip {
        frames = List.copyOf(frames);
        targets = List.copyOf(targets);
    }
}
