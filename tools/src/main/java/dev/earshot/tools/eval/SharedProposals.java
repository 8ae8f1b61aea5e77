package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.MaskProposals;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Proposals that several methods ask for: those of the last frames are remembered, and a frame is known by its very object.
 * The source stays the caller's. One thread at a time.
 */
public final class SharedProposals implements MaskProposals {
    /** Frames of a few clips. */
    private static final int MOST = 32;

    private final MaskProposals source;
    private final Map<RgbImage, List<BinaryMask>> known = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<RgbImage, List<BinaryMask>> eldest) {
            return size() > MOST;
        }
    };

    /** Remembers what {@code source} proposes. */
    public SharedProposals(MaskProposals source) {
        this.source = source;
    }

    @Override
    public List<BinaryMask> propose(RgbImage frame) {
        List<BinaryMask> masks = known.get(frame);
        if (masks == null) {
            masks = source.propose(frame);
            known.put(frame, masks);
        }
        return masks;
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public Map<String, String> settings() {
        return source.settings();
    }
}
