package dev.earshot.footprint;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import java.io.IOException;
import java.nio.file.Path;

/** DJL with its PyTorch engine: its own layers on arrays, with no model file. */
final class FirstInference implements Network.Engine {
    private final NDManager manager = Engine.getEngine("PyTorch").newBaseManager();
    private final NDArray upWeight;
    private final NDArray upBias;
    private final NDArray downWeight;
    private final NDArray downBias;

    private FirstInference(Path folder) throws IOException {
        upWeight = array(folder, "up.weight", Network.HIDDEN, Network.WIDTH);
        upBias = array(folder, "up.bias", Network.HIDDEN);
        downWeight = array(folder, "down.weight", Network.WIDTH, Network.HIDDEN);
        downBias = array(folder, "down.bias", Network.WIDTH);
    }

    public static void main(String[] arguments) throws Exception {
        Network.serve(arguments, FirstInference::new);
    }

    private NDArray array(Path folder, String name, long... dims) throws IOException {
        return manager.create(Network.mapped(folder, name), new Shape(dims));
    }

    @Override
    public float[] run(float[] rows, int count) {
        try (NDManager scope = manager.newSubManager()) {
            NDArray x = scope.create(rows, new Shape(count, Network.WIDTH));
            NDArray hidden = Activation.gelu(Linear.linear(x, upWeight, upBias).singletonOrThrow());
            return Linear.linear(hidden, downWeight, downBias).singletonOrThrow().toFloatArray();
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
