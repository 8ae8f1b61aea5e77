package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.datasets.MaskClip;
import dev.earshot.segmentation.datasets.PredictionFolder;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.moca.MocaSegmenter;
import java.util.List;
import java.util.Map;

/** What is evaluated. */
public sealed interface Method {
    /** Its name in tables. */
    String name();

    /** Every setting that its masks depend on. */
    Map<String, String> settings();

    /** A mask for each frame of a clip. */
    List<BinaryMask> masks(LoadedClip clip);

    /** MoCA; the segmenter stays the caller's. */
    record Moca(String name, MocaSegmenter segmenter) implements Method {
        @Override
        public Map<String, String> settings() {
            return segmenter.settings();
        }

        @Override
        public List<BinaryMask> masks(LoadedClip clip) {
            return segmented(segmenter, clip);
        }
    }

    /** A method that chooses among object proposals; the segmenter stays the caller's. */
    record Cascade(String name, Segmenter segmenter) implements Method {
        @Override
        public Map<String, String> settings() {
            return segmenter.settings();
        }

        @Override
        public List<BinaryMask> masks(LoadedClip clip) {
            return segmented(segmenter, clip);
        }
    }

    private static List<BinaryMask> segmented(Segmenter segmenter, LoadedClip clip) {
        return segmenter.segment(clip.frames()).stream()
                .map(frame -> frame.result().mask())
                .toList();
    }

    /** Masks that were made elsewhere. */
    record Stored(PredictionFolder folder) implements Method {
        @Override
        public String name() {
            return "predictions";
        }

        @Override
        public Map<String, String> settings() {
            return Map.of();
        }

        @Override
        public List<BinaryMask> masks(LoadedClip clip) {
            if (!(clip.clip() instanceof MaskClip masks)) {
                throw new IllegalArgumentException(
                        "--method predictions: expected a benchmark of masks (s4, ms3), got a clip of another kind");
            }
            BinaryMask like = clip.targets().getFirst();
            return folder.masks(masks, like.width(), like.height()).stream()
                    .map(FramePrediction.Mask::mask)
                    .toList();
        }
    }
}
