package dev.earshot.segmentation.datasets;

import java.nio.file.Path;
import java.util.List;

/** A clip with its truth; the files are known, their content is read when asked for. */
public sealed interface EvaluationClip permits MaskClip, LabelClip, BoxClip {
    /** Its name, unique within the split. */
    String id();

    /** Its class, or subset where clips have several classes; empty if the data set knows none. */
    String category();

    /** One picture for each second, in order; a single one where the data set has no more. */
    List<Path> frames();

    /** The sound, from the beginning of the first frame's second. */
    Path audio();
}
