package dev.earshot.segmentation.moca;

import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.KMeansSettings;

/**
 * Everything that can be chosen about MoCA inference. The paper leaves most of it open; the defaults are this project's.
 *
 * @param kMeans the clustering: 4 clusters, 4 restarts, seed 0 by default; the number of clusters is not in the paper
 * @param scope whether each frame is clustered by itself or all frames of a clip together; a whole clip's features are
 *     then kept in memory, about 1.3 MB per frame for ImageBind-Huge
 * @param featureNorm whether clustered features are taken after the frozen layer norm of the image head (default) or raw
 * @param score how clusters are held against the sound
 * @param scoringTrunk whose joint-space tokens are scored where there are adapters; without adapters both are the same
 * @param tauAbs least score of a sounding cluster
 * @param tauRel least lead of a sounding cluster over the whole frame, as a share of the best cluster's lead
 * @param silenceDbfs sound below this level (root mean square of the frame's second) gives an empty mask
 * @param jointCentre whether shared directions are taken from embeddings before scoring; needs centre vectors
 * @param matching how mask proposals are matched, where there are any
 * @param inputSize side to which whole frames are resized for the image trunk, in pixels
 * @param batch largest number of frames per forward pass; 1 answers soonest and is as fast as more on a CPU
 * @param compute type of the trunks' matrix products: F32 or BF16
 */
public record MocaSettings(
        KMeansSettings kMeans,
        Scope scope,
        FeatureNorm featureNorm,
        ClusterScore score,
        ScoringTrunk scoringTrunk,
        double tauAbs,
        double tauRel,
        double silenceDbfs,
        JointCentring jointCentre,
        ProposalMatching matching,
        int inputSize,
        int batch,
        DType compute) {
    /** The project's defaults. */
    public static final MocaSettings DEFAULT = new MocaSettings(
            KMeansSettings.DEFAULT,
            Scope.FRAME,
            FeatureNorm.HEAD,
            ClusterScore.JOINT,
            ScoringTrunk.ADAPTED,
            0.05,
            0.5,
            -60,
            JointCentring.NONE,
            ProposalMatching.DEFAULT,
            224,
            1,
            DType.F32);

    /** What is clustered together. */
    public enum Scope {
        /** Each frame by itself. */
        FRAME,
        /** All sounding frames of a clip; labels then mean the same in all of them. */
        CLIP
    }

    /** Whose joint-space tokens are scored. */
    public enum ScoringTrunk {
        /** The image trunk with adapters. */
        ADAPTED,
        /** The frozen image trunk, run once more without adapters; training cannot move it out of the joint space. */
        FROZEN
    }

    /** What is subtracted before scoring; see {@link JointCentre}. */
    public enum JointCentring {
        /** Nothing. */
        NONE,
        /** The mean audio embedding from the sound, the mean image class-token embedding from every token. */
        CLASS_TOKEN
    }

    public MocaSettings {
        if (inputSize < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "MoCA: expected a positive input size and batch, got %d and %d".formatted(inputSize, batch));
        }
        if (compute != DType.F32 && compute != DType.BF16) {
            throw new IllegalArgumentException("MoCA compute type: expected F32 or BF16, got " + compute);
        }
        if (Double.isNaN(tauAbs) || Double.isNaN(tauRel) || Double.isNaN(silenceDbfs)) {
            throw new IllegalArgumentException("MoCA thresholds: expected numbers, got NaN");
        }
    }

    /** These settings with another clustering. */
    public MocaSettings with(KMeansSettings other) {
        return new MocaSettings(
                other,
                scope,
                featureNorm,
                score,
                scoringTrunk,
                tauAbs,
                tauRel,
                silenceDbfs,
                jointCentre,
                matching,
                inputSize,
                batch,
                compute);
    }

    /** These settings with other compute type. */
    public MocaSettings with(DType other) {
        return new MocaSettings(
                kMeans,
                scope,
                featureNorm,
                score,
                scoringTrunk,
                tauAbs,
                tauRel,
                silenceDbfs,
                jointCentre,
                matching,
                inputSize,
                batch,
                other);
    }
}
