package dev.earshot.segmentation.training;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * States of frozen blocks, several tensors per clip, from a store or by a forward pass. A pass is run for one clip at a
 * time: what a clip gets must not depend on which others were known already, or a resumed run would differ in bits.
 */
final class FrozenStates implements AutoCloseable {
    private final Backend backend;
    private final List<Shape> parts;
    private final IntFunction<List<Tensor>> compute;
    private final StateStore store;
    private long computed;

    /**
     * States with their store, which is owned.
     *
     * @param parts shapes of one clip's tensors, without a batch axis
     * @param compute runs the pass of a clip; F32 [1, part...] each
     */
    FrozenStates(Backend backend, List<Shape> parts, IntFunction<List<Tensor>> compute, StateStore store) {
        this.backend = backend;
        this.parts = List.copyOf(parts);
        this.compute = compute;
        this.store = store;
    }

    /** Values of one clip with such parts. */
    static int floats(List<Shape> parts) {
        return Math.toIntExact(parts.stream().mapToLong(Shape::elements).sum());
    }

    /** Copies the states of {@code clips} into {@code into}, one F32 [B, part...] per part. */
    void load(int[] clips, List<Tensor> into) {
        for (int p = 0; p < parts.size(); p++) {
            Tensor target = into.get(p);
            boolean fits = target.dtype() == DType.F32
                    && target.dim(0) == clips.length
                    && target.shape().elements() == clips.length * parts.get(p).elements();
            if (!fits) {
                throw new IllegalArgumentException("frozen states: expected F32 [%d, ...] of %s each, got %s"
                        .formatted(clips.length, parts.get(p), target));
            }
        }
        for (int i = 0; i < clips.length; i++) {
            MemorySegment record = record(clips[i]);
            long at = 0;
            for (int p = 0; p < parts.size(); p++) {
                Shape shape = parts.get(p);
                MemorySegment part = record.asSlice(at, 4 * shape.elements());
                backend.upload(
                        new HostTensor(part, DType.F32, shape), into.get(p).select(0, i));
                at += part.byteSize();
            }
        }
    }

    /** Computes what there is room for, clip by clip in order. */
    void fill(int clips, String task, WorkProgress progress) {
        try (WorkProgress.Task running = progress.begin(task, Math.min(clips, store.capacity()), "clips")) {
            for (int clip = 0; clip < clips && store.kept() < store.capacity(); clip++) {
                record(clip);
                running.stepBy(1);
            }
        }
    }

    private MemorySegment record(int clip) {
        Optional<MemorySegment> known = store.find(clip);
        if (known.isPresent()) {
            return known.get();
        }
        computed++;
        float[] values = new float[floats(parts)];
        int at = 0;
        for (Tensor part : compute.apply(clip)) {
            float[] downloaded = backend.download(part);
            System.arraycopy(downloaded, 0, values, at, downloaded.length);
            at += downloaded.length;
        }
        store.offer(clip, values);
        return MemorySegment.ofArray(values);
    }

    /** Passes run so far. */
    long computed() {
        return computed;
    }

    /** Clips whose states are kept. */
    int kept() {
        return store.kept();
    }

    @Override
    public void close() {
        store.close();
    }
}
