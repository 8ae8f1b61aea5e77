package dev.earshot.tensor.autograd;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Storage;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The gradients of a backward pass. Each allocation (a {@link Storage}) that takes part has one F32 buffer of as many
 * elements, so that the gradient of a view is the same view of the buffer. A buffer is made, full of zeros, when something
 * is first added to it, and goes back to a pool when the op that wrote the allocation has been passed.
 */
final class Gradients implements AutoCloseable {
    /** Sizes of buffers in the pool; a model has some dozens, batches of ever-changing sizes any number. */
    private static final int MOST_SIZES = 256;

    private final Backend backend;
    private final Workspace memory;
    private final Map<Storage, Tensor> watched = new IdentityHashMap<>();
    private final Map<Storage, Tensor> live = new IdentityHashMap<>();
    private final Map<Long, Deque<Tensor>> pool = new HashMap<>();

    Gradients(Backend backend) {
        this.backend = backend;
        this.memory = backend.workspace(0);
    }

    /** Makes {@code gradient} the buffer of the allocation that {@code parameter} fills. */
    void watch(Tensor parameter, Tensor gradient) {
        if (gradient.dtype() != DType.F32
                || !gradient.shape().equals(parameter.shape())
                || !fills(parameter)
                || !fills(gradient)) {
            throw new IllegalArgumentException(
                    "watch: expected a parameter and an F32 gradient of its shape, each an allocation of its own, got %s and %s"
                            .formatted(parameter, gradient));
        }
        watched.put(parameter.storage(), gradient);
    }

    boolean isWatched(Tensor x) {
        return watched.containsKey(x.storage());
    }

    /** Sets the gradients of all watched tensors to zero. */
    void zeroWatched() {
        watched.values().forEach(gradient -> backend.training().fill(gradient, 0));
    }

    /** True if anything was added to the gradient of the allocation of {@code x}. */
    boolean has(Tensor x) {
        return live.containsKey(x.storage());
    }

    /** The gradient of {@code x}, F32, with its shape and strides. */
    Tensor of(Tensor x) {
        Tensor buffer = watched.get(x.storage());
        if (buffer == null) {
            buffer = live.computeIfAbsent(
                    x.storage(), storage -> zeros(storage.byteSize() / x.dtype().bytes()));
        }
        return x.over(buffer.storage(), DType.F32);
    }

    private Tensor zeros(long elements) {
        Deque<Tensor> free = pool.get(elements);
        Tensor buffer = free == null || free.isEmpty() ? memory.allocate(DType.F32, elements) : free.pop();
        backend.training().fill(buffer, 0);
        return buffer;
    }

    /** Sets the gradient of {@code x} back to zero: what was in its place before {@code x} was written is another value. */
    void clear(Tensor x) {
        Tensor buffer = live.get(x.storage());
        if (buffer == null) {
            return;
        }
        if (fills(x)) {
            live.remove(x.storage());
            free(buffer);
        } else {
            backend.training().fill(x.over(buffer.storage(), DType.F32), 0);
        }
    }

    /** True if {@code x} is all of its allocation. */
    static boolean fills(Tensor x) {
        return x.isContiguous()
                && x.shape().elements() * x.dtype().bytes() == x.storage().byteSize();
    }

    private void free(Tensor buffer) {
        pool.computeIfAbsent(buffer.shape().elements(), _ -> new ArrayDeque<>()).push(buffer);
    }

    /** Takes back all buffers; the gradients of watched tensors stay. */
    void releaseAll() {
        List<Tensor> buffers = new ArrayList<>(live.values());
        live.clear();
        buffers.forEach(this::free);
        if (pool.size() > MOST_SIZES) {
            pool.clear(); // nobody has one now: the same memory can be cut anew
            memory.reset();
        }
    }

    long bytes() {
        return memory.capacityBytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
