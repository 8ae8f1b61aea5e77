package dev.earshot.tools.parity.kinds;

import dev.earshot.tools.parity.KindRunner;
import java.util.Map;

/** Images and sound before the networks: resampling, preprocessing, filter banks. */
public final class MediaKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of();

    private MediaKinds() {}
}
