package dev.earshot.tools;

import dev.earshot.segmentation.cascade.CropMode;
import dev.earshot.segmentation.cascade.ProposalChoice;
import dev.earshot.segmentation.cascade.RegionCrop;
import dev.earshot.segmentation.cascade.SamBindSettings;
import dev.earshot.segmentation.cascade.ScoreScale;
import dev.earshot.segmentation.cascade.SilenceGate;
import dev.earshot.tensor.DType;
import picocli.CommandLine.Option;

/** The settings of SAM-BIND that a command line can change, but for those of its proposals. */
final class SamBindOptions {
    @Option(
            names = "--score-scale",
            defaultValue = "raw",
            paramLabel = "HOW",
            description = "What is held against --tau-bind: the cosine (raw, default), or its minmax or softmax within "
                    + "the frame.")
    private ScoreScale scale = ScoreScale.RAW;

    @Option(
            names = "--tau-bind",
            defaultValue = "0.7",
            paramLabel = "X",
            description = "A proposal sounds if its scaled score lies above this; 0.7.")
    private double tau = 0.7;

    @Option(
            names = "--no-top1-if-empty",
            description = "Draw nothing where no proposal passes; by default the best one is taken then.")
    private boolean literal;

    @Option(
            names = "--crop-mode",
            defaultValue = "imagebind",
            paramLabel = "HOW",
            description =
                    "How a proposal's box becomes a square: imagebind (short side and centre, default), stretch or "
                            + "pad.")
    private CropMode cropMode = CropMode.IMAGEBIND;

    @Option(
            names = "--crop-margin",
            defaultValue = "0",
            paramLabel = "X",
            description = "The box grows by this fraction of its sides; 0.")
    private double cropMargin;

    @Option(names = "--masked", description = "Replace what surrounds the proposal in its box by the mean colour.")
    private boolean masked;

    @Option(
            names = "--max-area",
            defaultValue = "1",
            paramLabel = "X",
            description = "Proposals that cover a larger share of the frame are left out; 1: none.")
    private double maxArea = 1;

    @Option(
            names = "--silence-rms",
            defaultValue = "1e-4",
            paramLabel = "X",
            description = "Seconds of a lower root mean square get no mask; 1e-4.")
    private double silenceRms = 1e-4;

    @Option(names = "--no-silence-gate", description = "Look for something even in silence.")
    private boolean noGate;

    @Option(names = "--crop-batch", defaultValue = "8", paramLabel = "N", description = "Crops per forward pass; 8.")
    private int batch = 8;

    /** The settings; throws {@link IllegalArgumentException} if one is out of range. */
    SamBindSettings settings(DType compute) {
        return new SamBindSettings(
                SamBindSettings.DEFAULT.frameSide(),
                maxArea,
                new RegionCrop(cropMode, cropMargin, masked),
                new ProposalChoice(scale, tau, !literal),
                noGate ? SilenceGate.OFF : new SilenceGate(true, silenceRms),
                batch,
                compute);
    }
}
