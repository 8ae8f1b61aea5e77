package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.datasets.BoxClip;
import dev.earshot.segmentation.datasets.EvaluationClip;
import dev.earshot.segmentation.datasets.LabelClip;
import dev.earshot.segmentation.datasets.MaskClip;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.metrics.LabelMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the clips of a benchmark: frame k comes with second k of the sound; a picture of VGG-SS, which was taken from the
 * middle of its clip, with the middle second. Missing sound is silence.
 *
 * @param resize the size at which frames are segmented and scored
 */
public record ClipLoader(ResizeMode resize) {
    private static final int SECOND = Clip.SAMPLE_RATE_HZ;

    /**
     * Reads a clip whole.
     *
     * @throws dev.earshot.segmentation.MediaException if a file of it is damaged
     */
    public LoadedClip load(EvaluationClip clip) {
        float[] sound =
                WavFiles.read(clip.audio()).mono().at(Clip.SAMPLE_RATE_HZ).channel(0);
        return switch (clip) {
            case MaskClip masks -> new LoadedClip(clip, frames(masks, sound), targets(masks));
            case LabelClip labels -> new LoadedClip(clip, frames(labels, sound), targets(labels));
            case BoxClip box -> {
                int middle = Math.max(0, (sound.length - SECOND) / 2);
                ClipFrame frame = frame(0, box.image(), Filter.BICUBIC, sound, middle);
                yield new LoadedClip(clip, List.of(frame), List.of());
            }
        };
    }

    private List<ClipFrame> frames(EvaluationClip clip, float[] sound) {
        List<ClipFrame> frames = new ArrayList<>();
        for (Path file : clip.frames()) {
            int k = frames.size();
            frames.add(frame(k, file, Filter.BILINEAR, sound, k * SECOND));
        }
        return frames;
    }

    private ClipFrame frame(int index, Path file, Filter filter, float[] sound, int from) {
        int start = Math.min(from, sound.length);
        float[] second = Arrays.copyOf(Arrays.copyOfRange(sound, start, Math.min(sound.length, from + SECOND)), SECOND);
        return new ClipFrame(index, index, resize.picture(ImageFiles.read(file), filter), second);
    }

    private List<BinaryMask> targets(MaskClip clip) {
        return clip.targets().stream().map(resize::target).toList();
    }

    /** Where any class sounds: the method knows no classes. */
    private List<BinaryMask> targets(LabelClip clip) {
        List<BinaryMask> targets = new ArrayList<>();
        for (int k = 0; k < clip.targetFiles().size(); k++) {
            LabelMap map = clip.target(k);
            targets.add(resize.target(BinaryMask.of(map.width(), map.height(), map.labels())));
        }
        return targets;
    }
}
