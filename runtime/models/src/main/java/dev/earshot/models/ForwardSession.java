package dev.earshot.models;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's forward pass captured once per set of input shapes and replayed afterwards without allocating. The first call
 * of a shape runs and captures; the least recently used of {@value #MAX_SHAPES} shapes gives way to a new one. Close it
 * before the model. One thread at a time.
 *
 * @param <O> what the pass returns: a tensor or a record of tensors
 */
public final class ForwardSession<O> implements AutoCloseable {
    /** Shapes kept; each holds the activations of a pass. */
    public static final int MAX_SHAPES = 4;

    private static final long FIRST_BYTES = 1 << 20;

    private final Backend backend;
    private final Forward<O> forward;
    private final LinkedHashMap<List<Shape>, Captured<O>> captured = new LinkedHashMap<>(8, 0.75f, true);
    private boolean closed;

    /**
     * A forward pass.
     *
     * @param <O> what it returns
     */
    @FunctionalInterface
    public interface Forward<O> {
        /** Runs the pass on {@code b}, which records it; {@code inputs} are F32, or integers as they came. */
        O apply(Backend b, Workspace ws, List<Tensor> inputs);
    }

    private record Captured<O>(Workspace workspace, List<Tensor> inputs, Program program, O outputs) {
        void close() {
            program.close();
            workspace.close();
        }
    }

    /** A session for passes on {@code backend}. */
    public ForwardSession(Backend backend, Forward<O> forward) {
        this.backend = backend;
        this.forward = forward;
    }

    /**
     * Runs the pass.
     *
     * @return the tensors of this shape's buffers: read or copy them before the next call
     */
    public O run(HostTensor... inputs) {
        if (closed) {
            throw new IllegalStateException("forward session: closed");
        }
        List<Shape> shapes = Arrays.stream(inputs).map(HostTensor::shape).toList();
        Captured<O> known = captured.get(shapes);
        if (known == null) {
            return capture(shapes, inputs).outputs();
        }
        for (int i = 0; i < inputs.length; i++) {
            backend.upload(inputs[i], known.inputs().get(i));
        }
        known.program().run();
        return known.outputs();
    }

    /** Bytes of activations held for all captured shapes. */
    public long workspaceBytes() {
        return captured.values().stream()
                .mapToLong(each -> each.workspace().capacityBytes())
                .sum();
    }

    private Captured<O> capture(List<Shape> shapes, HostTensor[] inputs) {
        if (captured.size() == MAX_SHAPES) {
            Map.Entry<List<Shape>, Captured<O>> eldest = captured.firstEntry();
            captured.remove(eldest.getKey());
            eldest.getValue().close();
        }
        Workspace ws = backend.workspace(FIRST_BYTES);
        try {
            Captured<O> pass = capture(ws, inputs);
            captured.put(shapes, pass);
            return pass;
        } catch (Throwable t) {
            ws.close();
            throw t;
        }
    }

    /**
     * The workspace is this pass's alone and nobody allocates from it again, so its tensors stay valid after their frame.
     * The frame is there because its close verifies the guard bytes of tests: a replay writes temporaries over guards of
     * tensors that were made later in the pass.
     */
    private Captured<O> capture(Workspace ws, HostTensor[] inputs) {
        try (Workspace.Frame _ = ws.frame()) {
            List<Tensor> tensors = Arrays.stream(inputs)
                    .map(input -> backend.upload(ws, input, input.dtype().isFloat() ? DType.F32 : input.dtype()))
                    .toList();
            Holder<O> result = new Holder<>();
            Program program = backend.capture(b -> result.outputs = forward.apply(b, ws, tensors));
            return new Captured<>(ws, tensors, program, result.outputs);
        }
    }

    private static final class Holder<O> {
        private O outputs;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            captured.values().forEach(Captured::close);
            captured.clear();
        }
    }
}
