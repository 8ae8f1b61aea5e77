package dev.earshot.segmentation.internal;

import dev.earshot.segmentation.MaskSource;
import java.util.ArrayList;
import java.util.List;

/** The clips that a segmenter has begun, so that closing it leaves no decoder behind. Safe for many threads. */
public final class OpenMasks implements AutoCloseable {
    private final List<ComputedMasks<?>> opened = new ArrayList<>();

    /** Remembers a clip until its end. */
    public synchronized MaskSource add(ComputedMasks<?> masks) {
        opened.removeIf(ComputedMasks::isClosed);
        opened.add(masks);
        return masks;
    }

    @Override
    public synchronized void close() {
        opened.forEach(ComputedMasks::close);
        opened.clear();
    }
}
