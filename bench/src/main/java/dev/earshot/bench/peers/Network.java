package dev.earshot.bench.peers;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A network with filler weights on a backend of its own, from which passes over batches of any size are captured. */
final class Network implements AutoCloseable {
    private final Backend backend;
    private final AutoCloseable weights;
    private final int blocks;
    private final List<Input> inputs;
    private final Pass pass;

    /**
     * What the network takes.
     *
     * @param key of the filler
     * @param sample dimensions without the batch
     */
    record Input(String key, long... sample) {
        HostTensor batch(int count) {
            long[] dims = new long[sample.length + 1];
            dims[0] = count;
            System.arraycopy(sample, 0, dims, 1, sample.length);
            return Filler.tensor(key, dims);
        }

        /** Pictures of some size. */
        static Input image(int height, int width) {
            return new Input("input.image", 3, height, width);
        }
    }

    /** Inputs to the result that is compared with others'. */
    interface Pass {
        /** Each input is F32 [batch, …]. */
        Tensor run(Backend b, Workspace ws, List<Tensor> inputs);
    }

    /**
     * Takes over backend and weights.
     *
     * @param blocks of the network, for the report
     */
    Network(Backend backend, AutoCloseable weights, int blocks, List<Input> inputs, Pass pass) {
        this.backend = backend;
        this.weights = weights;
        this.blocks = blocks;
        this.inputs = List.copyOf(inputs);
        this.pass = pass;
    }

    Backend backend() {
        return backend;
    }

    int blocks() {
        return blocks;
    }

    /** What a sample is called in rates: {@code images}, or {@code clips} where it is a sound alone. */
    String samples() {
        boolean image = inputs.stream().anyMatch(input -> input.key().equals("input.image"));
        return image ? "images" : "clips";
    }

    /**
     * Captures a pass over filler inputs.
     *
     * @param around what is captured in place of the pass, such as the pass with its work counted
     */
    CapturedPass capture(int batch, UnaryOperator<Consumer<Backend>> around) {
        List<HostTensor> values =
                inputs.stream().map(input -> input.batch(batch)).toList();
        return new CapturedPass(backend, around, values, pass);
    }

    @Override
    public void close() {
        try {
            weights.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the weights", e);
        }
        backend.close();
    }

    @Override
    public String toString() {
        return "%d blocks on %s, inputs %s"
                .formatted(
                        blocks,
                        backend.info().name(),
                        inputs.stream()
                                .map(input -> input.key() + Arrays.toString(input.sample()))
                                .toList());
    }
}
