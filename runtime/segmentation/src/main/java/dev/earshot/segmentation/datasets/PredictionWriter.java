package dev.earshot.segmentation.datasets;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.metrics.LabelMap;
import dev.earshot.segmentation.output.MaskPng;
import dev.earshot.segmentation.output.PngFiles;
import java.nio.file.Path;

/**
 * Writes predictions where AVSBench has its truth, so that its tools and {@link PredictionFolder} find them; numbers count
 * as the truth's do, from 1 in AVSBench-object and from 0 in AVSBench-semantic:
 *
 * <ul>
 *   <li>S4 {@code <split>/<category>/<name>/<name>_<k>.png}, black and white
 *   <li>MS3 {@code <split>/<name>/<name>_<k>.png}, black and white
 *   <li>AVSS {@code <subset>/<uid>/labels_rgb/<k>.png}, in the palette's colours
 * </ul>
 *
 * <p>Files appear whole or not at all, those of an earlier run are replaced; may be used by several threads.
 */
public final class PredictionWriter {
    private final Path out;

    /**
     * Writes below a folder.
     *
     * @param out made when first needed
     */
    public PredictionWriter(Path out) {
        this.out = out;
    }

    /**
     * Writes the mask of a frame.
     *
     * @param frame from 0
     */
    public void write(MaskClip clip, int frame, BinaryMask mask) {
        MaskPng.write(folder(out, clip).resolve(clip.id() + "_" + (frame + 1) + ".png"), mask);
    }

    /**
     * Writes the label map of a frame.
     *
     * @param frame from 0
     */
    public void write(LabelClip clip, int frame, LabelMap labels) {
        PngFiles.write(folder(out, clip).resolve(frame + ".png"), MaskFiles.colours(labels));
    }

    static Path folder(Path root, MaskClip clip) {
        Path split = root.resolve(clip.split());
        return (clip.kind() == BenchmarkKind.S4 ? split.resolve(clip.category()) : split).resolve(clip.id());
    }

    static Path folder(Path root, LabelClip clip) {
        return root.resolve(clip.category()).resolve(clip.id()).resolve("labels_rgb");
    }
}
