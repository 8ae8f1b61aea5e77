package dev.earshot.tensor.autograd;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Storage;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Copies of forward values for the backward pass. Models overwrite tensors and give memory back as soon as they can;
 * copying what a backward op will read lets them do so. A value that two ops need is copied once, as long as nobody has
 * written to its allocation in between.
 */
final class SavedValues implements AutoCloseable {
    private record Saved(Tensor original, Tensor copy) {}

    private final Backend backend;
    private final Workspace memory;
    private final Map<Storage, List<Saved>> known = new IdentityHashMap<>();

    SavedValues(Backend backend) {
        this.backend = backend;
        this.memory = backend.workspace(0);
    }

    /** A dense copy of {@code x} that stays until {@link #reset()}. */
    Tensor save(Tensor x) {
        List<Saved> copies = known.computeIfAbsent(x.storage(), _ -> new ArrayList<>());
        for (Saved saved : copies) {
            if (Recording.sameView(x, saved.original())) {
                return saved.copy();
            }
        }
        Tensor copy = backend.copy(memory, x, x.dtype());
        copies.add(new Saved(x, copy));
        return copy;
    }

    /** Where copies live. */
    Workspace memory() {
        return memory;
    }

    /** To be called when {@code x} is written: copies of its allocation no longer show its contents. */
    void written(Tensor x) {
        known.remove(x.storage());
    }

    /** Everything saved from here to the frame's close is given back by it. */
    Workspace.Frame frame() {
        known.clear();
        Workspace.Frame frame = memory.frame();
        return () -> {
            known.clear();
            frame.close();
        };
    }

    void reset() {
        known.clear();
        memory.reset();
    }

    long bytes() {
        return memory.peakBytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
