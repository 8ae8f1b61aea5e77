package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MaskProposals;
import java.util.List;
import java.util.Map;

/** Proposals of SAM's mask generator, frame by frame. Closing it closes the generator; the model stays. */
public final class SamProposals implements MaskProposals {
    private final AutomaticMaskGenerator generator;
    private final String name;

    /**
     * Proposals of a generator.
     *
     * @param name what result files call it, for example {@code sam} or {@code hq-sam}
     */
    public SamProposals(AutomaticMaskGenerator generator, String name) {
        this.generator = generator;
        this.name = name;
    }

    @Override
    public List<BinaryMask> propose(RgbImage frame) {
        return generator.generate(frame).stream().map(GeneratedMask::mask).toList();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Map<String, String> settings() {
        return generator.settings().describe();
    }

    @Override
    public void close() {
        generator.close();
    }
}
