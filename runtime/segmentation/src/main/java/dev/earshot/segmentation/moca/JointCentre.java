package dev.earshot.segmentation.moca;

import dev.earshot.tensor.weights.Weights;

/**
 * The directions that all embeddings of a modality share, taken away before clusters are scored: the mean of many
 * normalised audio embeddings and of many normalised image class-token embeddings. In the demo world this raises the
 * score of frames with one sound and costs a little with two; whether full-size weights need it is not known.
 *
 * @param audio [J], subtracted from the audio embedding
 * @param image [J], subtracted from every joint-space token
 */
public record JointCentre(float[] audio, float[] image) {
    /** Reads the tensors {@code audio} and {@code image}, both F32 [J]. */
    public static JointCentre load(Weights weights) {
        return new JointCentre(
                weights.read("audio").toFloats(), weights.read("image").toFloats());
    }

    public JointCentre {
        if (audio.length != image.length) {
            throw new IllegalArgumentException("joint centre: expected two vectors of one length, got %d and %d"
                    .formatted(audio.length, image.length));
        }
    }
}
