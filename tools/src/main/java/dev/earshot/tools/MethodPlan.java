package dev.earshot.tools;

import dev.earshot.models.sam.SamOptions;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.cascade.SamBind;
import dev.earshot.segmentation.cascade.SamBindSettings;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.segmentation.moca.MocaSegmenter;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.proposals.ColourRegions;
import dev.earshot.segmentation.sam.AutomaticMaskGenerator;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.segmentation.sam.SamProposals;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tools.segment.SamInUse;
import dev.earshot.tools.segment.WeightHashes;
import dev.earshot.tools.segment.WeightsInUse;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A method with all its settings, checked, before anything is loaded.
 *
 * @param method which
 * @param moca settings of MoCA
 * @param samBind settings of SAM-BIND
 * @param proposals where outlines of objects come from
 * @param samWeights SAM's file; empty for the demo weights
 * @param generator settings of SAM's mask generator
 * @param compute type of all networks' products
 */
record MethodPlan(
        SegmentationMethod method,
        MocaSettings moca,
        SamBindSettings samBind,
        ProposalSource proposals,
        Optional<Path> samWeights,
        GeneratorSettings generator,
        DType compute) {
    MethodPlan {
        if (method == SegmentationMethod.SAM_BIND && proposals == ProposalSource.NONE) {
            throw new IllegalArgumentException(
                    "--method sam-bind: expected --proposals sam, hq-sam or colour-regions to choose among, got none");
        }
    }

    /** Whether SAM's demo weights are used. */
    boolean demoSam() {
        return proposals == ProposalSource.SAM && samWeights.isEmpty();
    }

    /**
     * A method ready to run.
     *
     * @param proposals what its outlines come from, if anything; closed after the method
     */
    record Opened(Segmenter segmenter, Optional<MaskProposals> proposals) implements AutoCloseable {
        @Override
        public void close() {
            segmenter.close();
            proposals.ifPresent(MaskProposals::close);
        }
    }

    /** Loads the networks; the weights may be closed afterwards. */
    Opened open(Backend backend, WeightsInUse files) {
        Optional<MaskProposals> source = openProposals(backend, files.hashes());
        try {
            Segmenter segmenter = switch (method) {
                case MOCA -> new MocaSegmenter(backend, files.weights(), moca, source);
                case SAM_BIND -> new SamBind(backend, files.weights().imageBind(), source.orElseThrow(), samBind);
            };
            return new Opened(segmenter, source);
        } catch (RuntimeException e) {
            source.ifPresent(MaskProposals::close);
            throw e;
        }
    }

    private Optional<MaskProposals> openProposals(Backend backend, WeightHashes hashes) {
        return switch (proposals) {
            case NONE -> Optional.empty();
            case COLOUR_REGIONS -> Optional.of(new ColourRegions());
            case SAM, HQ_SAM -> {
                boolean highQuality = proposals == ProposalSource.HQ_SAM;
                SamInUse sam = SamInUse.open(
                        backend,
                        samWeights,
                        highQuality,
                        Optional.empty(),
                        SamOptions.DEFAULT.withCompute(compute),
                        hashes);
                MaskProposals generated = new SamProposals(
                        new AutomaticMaskGenerator(backend, sam.sam(), generator), proposals.toString());
                yield Optional.of(new OwnedProposals(generated, sam));
            }
        };
    }
}
