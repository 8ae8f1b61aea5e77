package dev.earshot.segmentation.moca;

import dev.earshot.models.imagebind.AudioConfig;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.DType;

/** ImageBind in form, with generated weights and next to no size: its masks mean nothing, their making is complete. */
public final class TinyModel {
    /** Side of its images. */
    public static final int SIDE = 56;

    /** Its sizes. */
    public static final ImageBindConfig CONFIG = new ImageBindConfig(
            new VisionConfig(new VitConfig(SIDE, 14, 80, 3, 1, 96, 1e-6f), 24),
            new AudioConfig(16, 10, 228, 64, 3, 1, 96, 24));

    private TinyModel() {}

    /** Its weights, the same every time. */
    public static MocaWeights weights() {
        return MocaWeights.of(ImageBind.filler(CONFIG));
    }

    /** Default settings but for the input size; whatever leads is chosen, however bad its score. */
    public static MocaSettings settings(int batch, ClusterScore score, MocaSettings.Scope scope) {
        MocaSettings d = MocaSettings.DEFAULT;
        return new MocaSettings(
                d.kMeans(),
                scope,
                d.featureNorm(),
                score,
                d.scoringTrunk(),
                -1,
                d.tauRel(),
                d.silenceDbfs(),
                d.jointCentre(),
                d.matching(),
                SIDE,
                batch,
                DType.F32);
    }

    /** As the other, frame by frame. */
    public static MocaSettings settings(int batch) {
        return settings(batch, ClusterScore.JOINT, MocaSettings.Scope.FRAME);
    }
}
