package dev.earshot.footprint;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Earshot's tensor runtime on the processor. */
final class FirstInference implements Network.Engine {
    private final Backend backend = Backends.open("cpu");
    private final ParameterScope parameters = backend.parameters();
    private final Workspace workspace = backend.workspace(0);
    private final Linear up;
    private final Linear down;

    private FirstInference(Path folder) throws IOException {
        up = parameters.linear(
                host(folder, "up.weight", Network.HIDDEN, Network.WIDTH), host(folder, "up.bias", Network.HIDDEN), DType.F32);
        down = parameters.linear(
                host(folder, "down.weight", Network.WIDTH, Network.HIDDEN), host(folder, "down.bias", Network.WIDTH), DType.F32);
    }

    public static void main(String[] arguments) throws Exception {
        Network.serve(arguments, FirstInference::new);
    }

    private static HostTensor host(Path folder, String name, long... dims) throws IOException {
        return new HostTensor(MemorySegment.ofBuffer(Network.bytes(folder, name)), DType.F32, Shape.of(dims));
    }

    @Override
    public float[] run(float[] rows, int count) {
        try (Workspace.Frame frame = workspace.frame()) {
            Tensor x = backend.upload(workspace, HostTensor.of(rows, count, Network.WIDTH), DType.F32);
            Tensor hidden = backend.linear(workspace, x, up, Activation.GELU);
            return backend.download(backend.linear(workspace, hidden, down, Activation.NONE));
        }
    }

    @Override
    public void close() {
        workspace.close();
        parameters.close();
        backend.close();
    }
}
