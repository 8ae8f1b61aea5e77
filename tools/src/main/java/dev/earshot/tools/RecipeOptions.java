package dev.earshot.tools;

import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.adaav.Placement;
import dev.earshot.segmentation.training.AdapterSettings;
import dev.earshot.segmentation.training.MocaRecipe;
import dev.earshot.segmentation.training.OptimizerSettings;
import dev.earshot.segmentation.training.RecipeExtras;
import dev.earshot.segmentation.training.Schedule;
import dev.earshot.segmentation.training.SoundCut;
import dev.earshot.segmentation.training.TripletSettings;
import dev.earshot.tensor.PixelMatching;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Every hyper-parameter of MoCA's training as an option; the defaults are {@link MocaRecipe#PAPER}. */
final class RecipeOptions {
    /** How two pictures are compared. */
    enum Matching {
        SCANLINE,
        SEARCH2D,
        LITERAL,
        LITERAL_PRINTED
    }

    @Option(names = "--steps", defaultValue = "10000", paramLabel = "T", description = "Steps; 10000.")
    private long steps;

    @Option(names = "--lr", defaultValue = "1e-4", paramLabel = "X", description = "First learning rate; 1e-4.")
    private double learningRate;

    @Option(
            names = "--schedule",
            defaultValue = "cosine",
            paramLabel = "HOW",
            description = "How the learning rate falls: cosine (default), linear or constant.")
    private Schedule schedule;

    @Option(names = "--optimizer", defaultValue = "adam", paramLabel = "NAME", description = "adam (default) or adamw.")
    private OptimizerSettings.Algorithm optimizer;

    @Option(
            names = "--weight-decay",
            defaultValue = "0",
            paramLabel = "X",
            description = "Weight decay, not on gates and latents; 0.")
    private double weightDecay;

    @Option(names = "--beta1", defaultValue = "0.9", paramLabel = "X", description = "Decay of the first moment; 0.9.")
    private double beta1;

    @Option(
            names = "--beta2",
            defaultValue = "0.999",
            paramLabel = "X",
            description = "Decay of the second moment; 0.999.")
    private double beta2;

    @Option(names = "--eps", defaultValue = "1e-8", paramLabel = "X", description = "Adam's epsilon; 1e-8.")
    private double eps;

    @Option(
            names = "--clip-norm",
            defaultValue = "0",
            paramLabel = "X",
            description = "Largest global norm of the gradients; 0 (default) for no limit.")
    private double clipNorm;

    @Option(names = "--batch", defaultValue = "8", paramLabel = "B", description = "Triplets per step; 8.")
    private int batch;

    @Option(names = "--margin", defaultValue = "0.3", paramLabel = "X", description = "Margin of the hinge; 0.3.")
    private double margin;

    @Option(
            names = "--neighbours",
            defaultValue = "7",
            paramLabel = "K",
            description = "Neighbours that positives are drawn from; 7.")
    private int neighbours;

    @Option(
            names = "--matching",
            defaultValue = "scanline",
            paramLabel = "HOW",
            description = {
                "Pixels compared: scanline (each with its row, default), search2d (with a rectangle),",
                "literal (equal places, cost with 1 - NCC) or literal_printed (the paper's sign)."
            })
    private Matching matching;

    @Option(
            names = "--matching-norm",
            defaultValue = "image",
            paramLabel = "HOW",
            description = "Scale of the features compared: image (default), pixel or none.")
    private PixelMatching.Norm matchingNorm;

    @Option(names = "--window", defaultValue = "1", paramLabel = "W", description = "Side of the window, odd; 1.")
    private int window;

    @Option(
            names = "--range-x",
            defaultValue = "-1",
            paramLabel = "N",
            description = "Largest displacement along a row; -1 (default) for the whole row.")
    private int rangeX;

    @Option(
            names = "--range-y",
            defaultValue = "0",
            paramLabel = "N",
            description = "Largest displacement across rows, for search2d; 0.")
    private int rangeY;

    @Option(
            names = "--l-ssd",
            defaultValue = "1",
            paramLabel = "X",
            description = "Weight of the squared difference; 1.")
    private float lambdaSsd;

    @Option(names = "--l-ncc", defaultValue = "1", paramLabel = "X", description = "Weight of the correlation; 1.")
    private float lambdaNcc;

    @Option(
            names = "--feature-norm",
            defaultValue = "head",
            paramLabel = "HOW",
            description = "Features after the frozen head's layer norm (head, default) or before it (none).")
    private FeatureNorm featureNorm;

    @Option(
            names = "--placement",
            paramLabel = "WHERE",
            description = {
                "Where the adapters sit: last:K, first:K, interleaved:K or IMAGE:AUDIO,IMAGE:AUDIO,…; by default the last blocks of",
                "both trunks, half as many as there are audio blocks: last:6 on ImageBind-Huge."
            })
    private Optional<String> placement;

    @Option(names = "--latents", defaultValue = "4", paramLabel = "M", description = "Latent audio tokens m; 4.")
    private int latents = AdaAvConfig.DEFAULT_LATENTS;

    @Option(names = "--bottleneck", defaultValue = "32", paramLabel = "R", description = "Adapter width r; 32.")
    private int bottleneck = AdaAvConfig.DEFAULT_BOTTLENECK;

    @Option(
            names = "--sound",
            defaultValue = "second",
            paramLabel = "PART",
            description = {
                "What is heard of a clip: the second in the middle (second, default), two seconds (clip),",
                "or ImageBind's three pieces of two seconds (clips)."
            })
    private SoundCut sound;

    @Option(
            names = "--precision",
            defaultValue = "fp32",
            paramLabel = "TYPE",
            description = "Products of the frozen trunks: " + Precision.HELP)
    private Precision precision;

    @Option(
            names = "--audio-swapped-negatives",
            defaultValue = "0",
            paramLabel = "W",
            description = {
                "Beside the paper: weight of a second hinge, by which the anchor with the negative's sound must be",
                "further from the positive than with its own; 0 (default) for none."
            })
    private double swappedNegatives;

    @Option(
            names = "--weighted-pma",
            defaultValue = "0",
            paramLabel = "T",
            description = {
                "Beside the paper: pixels count by softmax(cosine of frozen joint-space token and sound / T);",
                "0 (default) for the plain mean, 0.1 was tried."
            })
    private double weightTemperature;

    @Option(
            names = "--joint-centre",
            description = "Beside the paper: with --weighted-pma, subtract the weights' centre vectors first.")
    private boolean jointCentre;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "Seed of start values and draws; 0.")
    private long seed;

    /**
     * The recipe.
     *
     * @throws IllegalArgumentException naming what is out of range
     */
    MocaRecipe recipe() {
        if (precision == Precision.INT8) {
            throw new IllegalArgumentException(
                    "--precision int8: expected fp32, tf32 or bf16 for training, since gradients"
                            + " do not pass through int8 weights — use int8 to segment");
        }
        return new MocaRecipe(
                new AdapterSettings(placement.map(Placement::parse), bottleneck, latents),
                new TripletSettings(batch, neighbours, margin, pixelMatching(), featureNorm),
                new OptimizerSettings(
                        optimizer, learningRate, schedule, steps, weightDecay, beta1, beta2, eps, clipNorm),
                new RecipeExtras(swappedNegatives, weightTemperature, jointCentre),
                sound,
                precision.compute(),
                seed);
    }

    /** What {@code --precision} says. */
    Precision precision() {
        return precision;
    }

    private PixelMatching pixelMatching() {
        PixelMatching.Mode mode = switch (matching) {
            case SCANLINE -> PixelMatching.Mode.SCANLINE;
            case SEARCH2D -> PixelMatching.Mode.SEARCH_2D;
            case LITERAL -> PixelMatching.Mode.LITERAL_ONE_MINUS;
            case LITERAL_PRINTED -> PixelMatching.Mode.LITERAL_PRINTED;
        };
        return new PixelMatching(mode, rangeY, rangeX, window, matchingNorm, lambdaSsd, lambdaNcc);
    }
}
