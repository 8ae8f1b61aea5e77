package dev.earshot.segmentation;

import dev.earshot.segmentation.cascade.SamBind;
import dev.earshot.segmentation.cascade.SamBindSettings;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.segmentation.moca.MocaModel;
import dev.earshot.segmentation.moca.MocaSegmenter;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.tensor.Backend;
import java.nio.file.Path;
import java.util.Optional;

/** Makes segmenters. */
public final class Segmenters {
    private Segmenters() {}

    /**
     * MoCA with its default settings.
     *
     * @param backend what it runs on; close it after the segmenter
     * @param weights folder with {@value MocaWeights#IMAGEBIND_FILE}, and {@value MocaWeights#ADAPTER_FILE} if adapters
     *     were trained
     * @throws dev.earshot.tensor.weights.WeightsException if a file is missing, malformed or of another model
     */
    public static Segmenter moca(Backend backend, Path weights) {
        try (MocaWeights files = MocaWeights.in(weights)) {
            return moca(backend, files, MocaSettings.DEFAULT);
        }
    }

    /** MoCA with given settings; the weights may be closed afterwards. */
    public static Segmenter moca(Backend backend, MocaWeights weights, MocaSettings settings) {
        return new MocaSegmenter(backend, weights, settings, Optional.empty());
    }

    /** MoCA whose masks are matched with outlines that {@code proposals} suggests; close those after the segmenter. */
    public static Segmenter moca(Backend backend, MocaWeights weights, MocaSettings settings, MaskProposals proposals) {
        return new MocaSegmenter(backend, weights, settings, Optional.of(proposals));
    }

    /**
     * MoCA on networks that other segmenters use too: no second copy of the weights, and results as if there were one.
     *
     * @param model may be closed before the segmenter or after it
     * @throws IllegalArgumentException if the settings' precision is not the model's
     */
    public static Segmenter moca(MocaModel model, MocaSettings settings) {
        return MocaSegmenter.of(model, settings, Optional.empty());
    }

    /** As the other, with masks matched with what {@code proposals} suggests; close those after the segmenter. */
    public static Segmenter moca(MocaModel model, MocaSettings settings, MaskProposals proposals) {
        return MocaSegmenter.of(model, settings, Optional.of(proposals));
    }

    /** SAM-BIND on the ImageBind of a model, whose adapters, if any, are not used; see the other. */
    public static Segmenter samBind(MocaModel model, MaskProposals proposals, SamBindSettings settings) {
        return SamBind.of(model, proposals, settings);
    }

    /**
     * SAM-BIND, which needs no training: objects that {@code proposals} suggest, held against the sound by ImageBind.
     *
     * @param weights ImageBind; its adapters, if any, are not used; may be closed afterwards
     * @param proposals SAM's automatic masks; close them after the segmenter
     */
    public static Segmenter samBind(
            Backend backend, MocaWeights weights, MaskProposals proposals, SamBindSettings settings) {
        return new SamBind(backend, weights.imageBind(), proposals, settings);
    }
}
