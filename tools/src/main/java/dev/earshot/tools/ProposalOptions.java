package dev.earshot.tools;

import dev.earshot.segmentation.moca.ProposalMatching;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where mask proposals come from and how masks are matched with them. */
final class ProposalOptions {
    @Option(
            names = "--proposals",
            paramLabel = "WHAT",
            description = "Outlines of objects: none (default of moca), sam (default of sam-bind), hq-sam, or "
                    + "colour-regions, patches of the picture that stand out by colour. moca's masks are matched with "
                    + "them; sam-bind chooses among them.")
    private ProposalSource proposals;

    @Option(
            names = "--sam-weights",
            paramLabel = "FILE",
            description = "SAM's or HQ-SAM's weights, converted once; without them the demo weights in the jar.")
    private Path samWeights;

    @Option(
            names = "--match-threshold",
            defaultValue = "0.5",
            paramLabel = "X",
            description = "moca: a proposal is kept if its IoU with the mask lies above this; 0.5.")
    private double matchThreshold = ProposalMatching.DEFAULT.threshold();

    @Option(
            names = "--match-references",
            defaultValue = "whole",
            paramLabel = "WHAT",
            description = "moca: proposals are held against the whole mask (whole, default) or also against each "
                    + "cluster's (clusters).")
    private ProposalMatching.References references = ProposalMatching.DEFAULT.references();

    @Option(
            names = "--match-fallback",
            defaultValue = "raw",
            paramLabel = "WHAT",
            description = "moca: what is drawn where no proposal fits: the mask as it was (raw, default) or nothing "
                    + "(empty).")
    private ProposalMatching.Fallback fallback = ProposalMatching.DEFAULT.fallback();

    /** Where proposals come from; {@code otherwise} if the command line does not say. */
    ProposalSource source(ProposalSource otherwise) {
        return proposals == null ? otherwise : proposals;
    }

    /** SAM's weights; empty for those in the jar. */
    Optional<Path> samWeights() {
        return Optional.ofNullable(samWeights);
    }

    /** How masks are matched; throws {@link IllegalArgumentException} if the threshold is out of range. */
    ProposalMatching matching() {
        return new ProposalMatching(matchThreshold, references, fallback);
    }
}
