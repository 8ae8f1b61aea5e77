package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.internal.Elements;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.TestBackends;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/**
 * The scalar reference and the simulated card, side by side: the same buffers, the same op, and every element of every
 * buffer compared afterwards, those beside the views too.
 */
final class Twins implements AutoCloseable {
    private final Backend reference;
    private final Backend device;
    private final Workspace[] workspaces;
    private final List<Tensor[]> buffers = new ArrayList<>();
    private final Random random;

    Twins(long seed) {
        device = TestBackends.open().getFirst(); // first: skips the test where it cannot run
        reference = new ReferenceBackend();
        workspaces = new Workspace[] {reference.workspace(1 << 20), device.workspace(1 << 20)};
        random = new Random(seed);
    }

    Random random() {
        return random;
    }

    /** A tensor on both backends; index 0 is the reference's. */
    Tensor[] tensor(RandomView view, IntToDoubleFunction value) {
        double[] values = new double[Math.toIntExact(view.length())];
        for (int i = 0; i < values.length; i++) {
            values[i] = value.applyAsDouble(i);
        }
        MemorySegment memory =
                MemorySegment.ofArray(new byte[values.length * view.type().bytes()]);
        HostTensor host = new HostTensor(memory, view.type(), Shape.of(values.length));
        Elements.write(values, Tensor.ofHost(memory, view.type(), host.shape()));
        Tensor[] flat = new Tensor[2];
        Tensor[] views = new Tensor[2];
        for (int i = 0; i < 2; i++) {
            flat[i] = workspaces[i].allocate(view.type(), values.length);
            backend(i).upload(host, flat[i]);
            views[i] = view.of(flat[i]);
        }
        buffers.add(flat);
        return views;
    }

    /** A tensor of small whole numbers, with which sums and products are exact in every type. */
    Tensor[] whole(RandomView view) {
        return tensor(view, i -> random.nextInt(17) - 8);
    }

    /** As {@link #whole}, dense. */
    Tensor[] whole(DType type, long... dims) {
        int[] order = new int[dims.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        return whole(new RandomView(type, dims, order, dims, 0));
    }

    private Backend backend(int index) {
        return index == 0 ? reference : device;
    }

    /** An op on one of the two; {@code at} picks the tensors. */
    @FunctionalInterface
    interface Op {
        void run(Backend backend, int at);
    }

    /** Runs the op on both and compares all buffers bit by bit. */
    void expectEqual(String what, Op op) {
        op.run(reference, 0);
        op.run(device, 1);
        for (Tensor[] flat : buffers) {
            if (flat[0].dtype().isFloat()) {
                assertArrayEquals(reference.download(flat[0]), device.download(flat[1]), what);
            } else {
                assertArrayEquals(reference.downloadIntegers(flat[0]), device.downloadIntegers(flat[1]), what);
            }
        }
    }

    /** Forgets the buffers. */
    void reset() {
        buffers.clear();
        workspaces[0].reset();
        workspaces[1].reset();
    }

    @Override
    public void close() {
        workspaces[0].close();
        workspaces[1].close();
        reference.close();
        device.close();
    }
}
