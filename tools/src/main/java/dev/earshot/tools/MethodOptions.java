package dev.earshot.tools;

import dev.earshot.segmentation.cascade.SamBindSettings;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.tensor.DType;
import dev.earshot.tools.segment.SamInUse;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ParameterException;

/** The settings of every method, for the commands that run one. */
final class MethodOptions {
    @ArgGroup(exclusive = false, order = 1, heading = "%nSettings of MoCA:%n")
    private MocaOptions moca = new MocaOptions();

    @ArgGroup(exclusive = false, order = 2, heading = "%nSettings of SAM-BIND:%n")
    private SamBindOptions samBind = new SamBindOptions();

    @ArgGroup(exclusive = false, order = 3, heading = "%nProposals of objects:%n")
    private ProposalOptions proposals = new ProposalOptions();

    @ArgGroup(exclusive = false, order = 4, heading = "%nSAM's mask generator (--proposals sam or hq-sam):%n")
    private GeneratorOptions generator = new GeneratorOptions();

    /**
     * A method as the command line describes it.
     *
     * @throws ParameterException if a setting is out of range
     */
    MethodPlan plan(SegmentationMethod method, DType compute, CommandLine command) {
        boolean bind = method == SegmentationMethod.SAM_BIND;
        GeneratorSettings defaults = SamInUse.generator(proposals.samWeights().isEmpty());
        try {
            return new MethodPlan(
                    method,
                    moca.settings(compute, proposals.matching()),
                    samBind.settings(compute),
                    proposals.source(bind ? ProposalSource.SAM : ProposalSource.NONE),
                    proposals.samWeights(),
                    generator.settings(bind ? forSamBind(defaults) : defaults),
                    compute);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage(), e);
        }
    }

    private static GeneratorSettings forSamBind(GeneratorSettings defaults) {
        return defaults.toBuilder()
                .boxNmsThreshold(SamBindSettings.BOX_NMS_THRESHOLD)
                .cropNmsThreshold(SamBindSettings.BOX_NMS_THRESHOLD)
                .build();
    }
}
