package dev.earshot.tools;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.tools.segment.SamInUse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** SAM's proposals with the model they come from: named after its file, closed with it. */
record OwnedProposals(MaskProposals proposals, SamInUse sam) implements MaskProposals {
    @Override
    public List<BinaryMask> propose(RgbImage frame) {
        return proposals.propose(frame);
    }

    @Override
    public String name() {
        return proposals.name();
    }

    @Override
    public Map<String, String> settings() {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("samFile", sam.file());
        words.putAll(proposals.settings());
        return words;
    }

    @Override
    public void close() {
        proposals.close();
        sam.close();
    }
}
