package dev.earshot.tools;

import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.segmentation.moca.ClusterScore;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.moca.ProposalMatching;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.KMeansSettings;
import picocli.CommandLine.Option;

/** The settings of MoCA that a command line can change. */
final class MocaOptions {
    @Option(names = "--clusters", defaultValue = "4", paramLabel = "N", description = "Clusters per frame; 4.")
    private int clusters = 4;

    @Option(
            names = "--restarts",
            defaultValue = "4",
            paramLabel = "N",
            description = "Runs of k-means, the best is kept; 4.")
    private int restarts = 4;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "Base of the random numbers; 0.")
    private long seed;

    @Option(names = "--hartigan", description = "Refine the clusters by single moves.")
    private boolean hartigan;

    @Option(
            names = "--scope",
            defaultValue = "frame",
            paramLabel = "WHAT",
            description = "Cluster each frame (frame, default) or the clip (clip).")
    private MocaSettings.Scope scope = MocaSettings.Scope.FRAME;

    @Option(
            names = "--feature-norm",
            defaultValue = "head",
            paramLabel = "HOW",
            description = "head (default) or none.")
    private FeatureNorm featureNorm = FeatureNorm.HEAD;

    @Option(names = "--score", defaultValue = "joint", paramLabel = "HOW", description = "joint (default) or delta.")
    private ClusterScore score = ClusterScore.JOINT;

    @Option(
            names = "--scoring-trunk",
            defaultValue = "adapted",
            paramLabel = "TRUNK",
            description = "Whose tokens are scored where there are adapters: adapted (default) or frozen.")
    private MocaSettings.ScoringTrunk scoringTrunk = MocaSettings.ScoringTrunk.ADAPTED;

    @Option(
            names = "--tau-abs",
            defaultValue = "0.05",
            paramLabel = "X",
            description = "Least score of a sounding cluster; 0.05.")
    private double tauAbs = 0.05;

    @Option(
            names = "--tau-rel",
            defaultValue = "0.5",
            paramLabel = "X",
            description = "Least share of the best cluster's lead; 0.5.")
    private double tauRel = 0.5;

    @Option(
            names = "--silence-dbfs",
            defaultValue = "-60",
            paramLabel = "DB",
            description = "Quieter seconds get no mask; -60.")
    private double silenceDbfs = -60;

    @Option(
            names = "--joint-centre",
            defaultValue = "none",
            paramLabel = "HOW",
            description = "none (default) or class_token.")
    private MocaSettings.JointCentring jointCentre = MocaSettings.JointCentring.NONE;

    @Option(names = "--batch", defaultValue = "1", paramLabel = "N", description = "Frames per forward pass; 1.")
    private int batch = 1;

    /**
     * The settings.
     *
     * @param matching how mask proposals are matched, where there are any
     * @throws IllegalArgumentException if one is out of range
     */
    MocaSettings settings(DType compute, ProposalMatching matching) {
        return new MocaSettings(
                new KMeansSettings(clusters, restarts, seed, 100, 1e-6, hartigan),
                scope,
                featureNorm,
                score,
                scoringTrunk,
                tauAbs,
                tauRel,
                silenceDbfs,
                jointCentre,
                matching,
                224,
                batch,
                compute);
    }
}
