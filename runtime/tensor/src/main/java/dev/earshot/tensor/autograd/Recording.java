package dev.earshot.tensor.autograd;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Storage;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** The list of ops of a {@link Tape} with everything they are recorded and differentiated with; see there. */
final class Recording implements AutoCloseable {
    /**
     * An op that ran.
     *
     * @param out what it wrote
     * @param inPlace {@code out} shares its allocation with an input: the gradient is moved aside before {@code backward}
     * @param keepsGradient the gradient of {@code out} is also that of what lay there before, as for {@code out += x}
     * @param backward gets the gradient of {@code out} and adds to those of the inputs
     */
    record Node(Tensor out, boolean inPlace, boolean keepsGradient, Consumer<Tensor> backward) {}

    private final Backend b;
    private final TrainingOps t;
    private final Gradients gradients;
    private final SavedValues saved;
    private final Workspace scratch;
    private final Set<Storage> active = Collections.newSetFromMap(new IdentityHashMap<>());
    private List<Node> nodes = new ArrayList<>();
    private boolean dropping; // ops are followed for activity only: their segment will be run again

    Recording(Backend backend) {
        this.b = backend;
        this.t = backend.training();
        this.gradients = new Gradients(backend);
        this.saved = new SavedValues(backend);
        this.scratch = backend.workspace(0);
    }

    Gradients gradients() {
        return gradients;
    }

    void reset() {
        nodes.clear();
        active.clear();
        gradients.releaseAll();
        saved.reset();
        scratch.reset();
    }

    // What ops ask before they run.

    boolean isActive(Tensor x) {
        return active.contains(x.storage()) || gradients.isWatched(x);
    }

    boolean isActive(Tensor first, Tensor second) {
        return isActive(first) || isActive(second);
    }

    boolean isDropping() {
        return dropping;
    }

    /** The value of {@code x} as it is now, for the backward pass. Watched tensors do not change: no copy. */
    Tensor save(Tensor x) {
        return dropping || gradients.isWatched(x) ? x : saved.save(x);
    }

    /** F32 memory for a value that is written at once and stays for the backward pass. */
    Tensor keep(Shape shape) {
        return dropping ? temporary(shape) : saved.memory().allocate(DType.F32, shape);
    }

    /** Fails if an input of {@code op} is active. */
    void refuse(String op, Tensor... inputs) {
        for (Tensor input : inputs) {
            if (isActive(input)) {
                throw new IllegalStateException(
                        "%s on a tape: expected frozen inputs, got %s that depends on a watched tensor"
                                .formatted(op, input));
            }
        }
    }

    // What ops say after they ran.

    /** {@code out} was written and no watched tensor has influenced it. */
    void constant(Tensor out) {
        writing(out);
        if (active.contains(out.storage())) {
            if (Gradients.fills(out)) {
                active.remove(out.storage());
            }
            add(new Node(out, false, false, _ -> {}));
        }
    }

    /** {@code out} was written by an op with active inputs. */
    void record(Tensor out, Consumer<Tensor> backward, Tensor... inputs) {
        boolean inPlace = false;
        for (Tensor input : inputs) {
            inPlace |= input.storage() == out.storage();
        }
        record(new Node(out, inPlace, false, backward));
    }

    void record(Node node) {
        writing(node.out);
        active.add(node.out.storage());
        add(node);
    }

    /** An op of one input whose backward op reads that input: runs it, and records it if the input is active. */
    void through(Tensor x, Tensor out, Runnable forward, Function<Tensor, Consumer<Tensor>> backward) {
        boolean needed = isActive(x);
        Tensor kept = needed ? save(x) : x;
        forward.run();
        if (needed) {
            record(out, backward.apply(kept), x);
        } else {
            constant(out);
        }
    }

    private void add(Node node) {
        if (!dropping) {
            nodes.add(node);
        }
    }

    void writing(Tensor out) {
        if (gradients.isWatched(out)) {
            throw new IllegalStateException("tape: an op writes to the watched tensor " + out);
        }
        saved.written(out);
    }

    // What backward ops ask for.

    /** The gradient of {@code x} to add to; an axis along which x repeats one element is a single element of it. */
    Tensor grad(Tensor x) {
        Tensor gradient = gradients.of(x);
        for (int axis = 0; axis < x.shape().rank(); axis++) {
            if (x.stride(axis) == 0 && x.dim(axis) > 1) {
                gradient = gradient.slice(axis, 0, 1);
            }
        }
        return gradient;
    }

    /** Where the gradient of x is to be added: a temporary, if nobody wants it. Decided now, used in the backward pass. */
    Supplier<Tensor> slot(Tensor x) {
        return isActive(x) ? () -> grad(x) : () -> zeros(x.shape());
    }

    /** F32 of undefined contents, until the backward op ends. */
    Tensor temporary(Shape shape) {
        return scratch.allocate(DType.F32, shape);
    }

    Tensor zeros(Shape shape) {
        Tensor zeros = temporary(shape);
        t.fill(zeros, 0);
        return zeros;
    }

    Tensor denseCopy(Tensor x) {
        return b.copy(scratch, x, DType.F32);
    }

    // The backward pass.

    /** Walks the recorded ops from their end and forgets them. */
    void backward() {
        runBackwards();
        nodes.clear();
        gradients.releaseAll();
    }

    private void runBackwards() {
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (!gradients.has(node.out)) {
                continue; // nobody used the result
            }
            try (Workspace.Frame _ = scratch.frame()) {
                Tensor gradient = gradients.of(node.out);
                if (node.keepsGradient) {
                    node.backward.accept(gradient);
                } else if (node.inPlace) {
                    Tensor moved = denseCopy(gradient);
                    gradients.clear(node.out);
                    node.backward.accept(moved);
                } else {
                    node.backward.accept(gradient);
                    gradients.clear(node.out);
                }
            }
        }
    }

    /** Runs a segment now for its result alone, and again in the backward pass; see {@link Backend#checkpoint}. */
    void checkpoint(Tensor state, Runnable segment) {
        boolean wasActive = isActive(state);
        try (Workspace.Frame _ = scratch.frame()) {
            Tensor before = b.copy(scratch, state, state.dtype());
            dropping = true;
            try {
                segment.run();
            } finally {
                dropping = false;
            }
            if (isActive(state)) {
                Tensor kept = b.copy(saved.memory(), before, state.dtype());
                record(new Node(state, false, true, _ -> runAgain(state, kept, wasActive, segment)));
            }
        }
    }

    /** The gradient of {@code state} is that after the segment; turns it into that before. */
    private void runAgain(Tensor state, Tensor before, boolean wasActive, Runnable segment) {
        List<Node> outer = nodes;
        nodes = new ArrayList<>();
        if (!wasActive) {
            active.remove(state.storage());
        }
        try (Workspace.Frame _ = saved.frame()) {
            b.copy(before, state);
            segment.run();
            runBackwards();
        } finally {
            nodes = outer;
        }
    }

    static boolean sameView(Tensor x, Tensor y) {
        if (x.storage() != y.storage()
                || x.offset() != y.offset()
                || x.dtype() != y.dtype()
                || !x.shape().equals(y.shape())) {
            return false;
        }
        for (int axis = 0; axis < x.shape().rank(); axis++) {
            if (x.stride(axis) != y.stride(axis)) {
                return false;
            }
        }
        return true;
    }

    long savedBytes() {
        return saved.bytes();
    }

    long gradientBytes() {
        return gradients.bytes() + scratch.capacityBytes();
    }

    @Override
    public void close() {
        gradients.close();
        saved.close();
        scratch.close();
    }
}
