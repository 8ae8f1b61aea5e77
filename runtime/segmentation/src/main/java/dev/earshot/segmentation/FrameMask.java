package dev.earshot.segmentation;

import dev.earshot.segmentation.output.MaskPng;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What sounds in one frame: plain data, valid for ever. So each frame gets a mask of its own, a bit per pixel (28,800 bytes
 * for 640 x 360); it is the only thing of the picture's size that a frame of a running clip allocates.
 *
 * @param index number of the frame within its clip, from 0
 * @param timeSeconds when the frame is shown, from the beginning of the clip
 * @param mask the sounding pixels, at the size of the frame
 * @param score how well the chosen region fits the sound, a cosine in MoCA; 0 if nothing sounds
 * @param regions the candidates the choice was made from
 * @param loudnessDbfs level of the frame's second of sound in dB below full scale; minus infinity for digital silence
 * @param silent whether the sound was too quiet to look for anything
 * @param times what the stages took
 */
public record FrameMask(
        int index,
        double timeSeconds,
        BinaryMask mask,
        double score,
        List<Region> regions,
        double loudnessDbfs,
        boolean silent,
        StageTimes times) {
    /**
     * A candidate region: in MoCA a cluster, in the cascades an object proposal.
     *
     * @param score how well it fits the sound
     * @param contrast how far its score lies above that of the whole frame, in the cascades above the mean over the
     *     frame's proposals
     * @param share its share of the frame, in MoCA of the frame's tokens
     * @param selected whether it was taken to sound
     * @param proposal what else is known of an object proposal
     */
    public record Region(double score, double contrast, double share, boolean selected, Optional<Proposal> proposal) {
        /** A cluster. */
        public Region(double score, double contrast, double share, boolean selected) {
            this(score, contrast, share, selected, Optional.empty());
        }
    }

    /**
     * An object proposal of a cascade.
     *
     * @param box what was cut out of the frame, in pixels of the size at which the method sees frames
     * @param scaledScore the score on the scale that the threshold is held against
     */
    public record Proposal(PixelBox box, double scaledScore) {}

    public FrameMask {
        regions = List.copyOf(regions);
    }

    /** A file name for the mask: {@code 00007.png} for the eighth frame. */
    public String name() {
        return String.format(Locale.ROOT, "%05d.png", index);
    }

    /** Writes the mask as a single-channel PNG: 255 where something sounds, 0 elsewhere. */
    public void writePng(Path file) {
        MaskPng.write(file, mask);
    }
}
