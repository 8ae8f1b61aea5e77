package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import java.util.List;

/** Suggests object outlines in a picture, whatever sounds; a mask generator like SAM. */
public interface MaskProposals extends AutoCloseable {
    /** Outlines at the size of {@code frame}, in any order; they may overlap. */
    List<BinaryMask> propose(RgbImage frame);

    /** What it is, for result files. */
    String name();

    @Override
    default void close() {}
}
