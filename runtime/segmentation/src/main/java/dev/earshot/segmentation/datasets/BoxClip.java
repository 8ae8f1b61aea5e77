package dev.earshot.segmentation.datasets;

import dev.earshot.segmentation.metrics.Box;
import java.nio.file.Path;
import java.util.List;

/**
 * A picture of VGG-SS with its sound. EZ-VSL hears the middle 3 s of the clip and SLAVC the middle 5 s.
 *
 * @param id the clip's name; of a silent sample of Extended VGG-SS, picture and sound joined by {@code +}
 * @param category its class; {@code non-sounding} where the sound belongs to nothing in the picture
 * @param image the middle frame of the clip
 * @param audio the sound, up to 10 s
 * @param boxes round what sounds; as annotated, broken ones included; none if nothing does
 */
public record BoxClip(String id, String category, Path image, Path audio, List<Box> boxes) implements EvaluationClip {
    /** The category of samples that sound of something that is not in the picture. */
    public static final String NON_SOUNDING = "non-sounding";

    public BoxClip {
        boxes = List.copyOf(boxes);
    }

    @Override
    public List<Path> frames() {
        return List.of(image);
    }
}
