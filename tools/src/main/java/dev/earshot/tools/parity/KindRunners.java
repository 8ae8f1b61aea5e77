package dev.earshot.tools.parity;

import dev.earshot.tools.parity.kinds.AdaAvKinds;
import dev.earshot.tools.parity.kinds.DinoKinds;
import dev.earshot.tools.parity.kinds.FbankKinds;
import dev.earshot.tools.parity.kinds.ImageBindKinds;
import dev.earshot.tools.parity.kinds.MediaKinds;
import dev.earshot.tools.parity.kinds.MetricKinds;
import dev.earshot.tools.parity.kinds.MocaKinds;
import dev.earshot.tools.parity.kinds.NeighbourKinds;
import dev.earshot.tools.parity.kinds.OptimizerKinds;
import dev.earshot.tools.parity.kinds.PixelMatchingKinds;
import dev.earshot.tools.parity.kinds.SamDecoderKinds;
import dev.earshot.tools.parity.kinds.SamKinds;
import dev.earshot.tools.parity.kinds.SamMaskKinds;
import dev.earshot.tools.parity.kinds.SamModelKinds;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Which class computes which kind of golden. A new kind is one line in one of the tables named here. */
public final class KindRunners {
    private KindRunners() {}

    /** All kinds built so far, sorted by name. */
    public static Map<String, KindRunner> all() {
        Map<String, KindRunner> runners = new TreeMap<>();
        runners.putAll(AdaAvKinds.RUNNERS);
        runners.putAll(DinoKinds.RUNNERS);
        runners.putAll(ImageBindKinds.RUNNERS);
        runners.putAll(FbankKinds.RUNNERS);
        runners.putAll(MediaKinds.RUNNERS);
        runners.putAll(MetricKinds.RUNNERS);
        runners.putAll(MocaKinds.RUNNERS);
        runners.putAll(OptimizerKinds.RUNNERS);
        runners.putAll(NeighbourKinds.RUNNERS);
        runners.putAll(PixelMatchingKinds.RUNNERS);
        runners.putAll(SamDecoderKinds.RUNNERS);
        runners.putAll(SamKinds.RUNNERS);
        runners.putAll(SamMaskKinds.RUNNERS);
        runners.putAll(SamModelKinds.RUNNERS);
        return Collections.unmodifiableMap(runners);
    }
}
