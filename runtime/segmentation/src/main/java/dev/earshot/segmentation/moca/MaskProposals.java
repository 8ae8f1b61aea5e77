package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import java.util.List;
import java.util.Map;

/** Suggests object outlines in a picture, whatever sounds; a mask generator like SAM. */
public interface MaskProposals extends AutoCloseable {
    /** Outlines at the size of {@code frame}, in any order; they may overlap. */
    List<BinaryMask> propose(RgbImage frame);

    /** What it is, for result files. */
    String name();

    /** Every setting that the outlines depend on, in words, for result files. */
    default Map<String, String> settings() {
        return Map.of();
    }

    @Override
    default void close() {}
}
