package dev.earshot.segmentation.training;

import dev.earshot.segmentation.audio.FbankOptions;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.tensor.HostTensor;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Clips as inputs of the networks. Files of a batch are decoded by several threads.
 *
 * @param clips where they come from; not owned
 * @param preprocess from picture to network, ending in squares of one size
 * @param cut which part of a sound
 */
public record TrainingInputs(TrainingClips clips, ImagePreprocess preprocess, SoundCut cut) {
    /** Checks that the preprocessing gives pictures of one size. */
    public TrainingInputs {
        Objects.requireNonNull(clips, "clips");
        Objects.requireNonNull(cut, "cut");
        if (preprocess.crop() == 0 && !(preprocess.resize() instanceof ImagePreprocess.Resize.Exact)) {
            throw new IllegalArgumentException(
                    "training pictures: expected a crop or an exact size, got " + preprocess);
        }
    }

    /** MoCA's: whole frames of 224 x 224 with CLIP's statistics, and the second in the middle. */
    public static TrainingInputs of(TrainingClips clips) {
        return new TrainingInputs(clips, ImagePreprocess.MOCA, SoundCut.SECOND);
    }

    /** Pictures, F32 [B, 3, H, W]. */
    public HostTensor images(int... indices) {
        ImagePreprocess.Geometry size = preprocess.geometry(1, 1);
        int values = 3 * size.width() * size.height();
        float[] out = new float[Math.multiplyExact(indices.length, values)];
        IntStream.range(0, indices.length)
                .parallel()
                .forEach(
                        i -> System.arraycopy(preprocess.apply(clips.picture(indices[i])), 0, out, i * values, values));
        return HostTensor.of(out, indices.length, 3, size.height(), size.width());
    }

    /** Sounds, F32 [B, 1, 128, 204], or [B, 3, 1, 128, 204] for {@link SoundCut#CLIPS}. */
    public HostTensor sounds(int... indices) {
        int values = ImageBindAudio.STANDARD.clipSize();
        int pictures = cut.pictures();
        float[] out = new float[Math.multiplyExact(indices.length * pictures, values)];
        IntStream.range(0, indices.length).parallel().forEach(i -> {
            float[][] logMel = cut.logMel(clips.sound(indices[i]));
            for (int p = 0; p < pictures; p++) {
                System.arraycopy(logMel[p], 0, out, (i * pictures + p) * values, values);
            }
        });
        int mel = FbankOptions.IMAGEBIND.melBins();
        int frames = ImageBindAudio.STANDARD.targetFrames();
        return pictures == 1
                ? HostTensor.of(out, indices.length, 1, mel, frames)
                : HostTensor.of(out, indices.length, pictures, 1, mel, frames);
    }
}
