package dev.earshot.tensor.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/** The results of PyTorch in {@code goldens/ops.safetensors} (made by make_op_goldens.py), on one backend. */
public final class GoldenOps implements AutoCloseable {
    private final Safetensors file;
    private final Backend backend;
    private final ParameterScope parameters;
    private final Workspace workspace;

    public GoldenOps(Backend backend) {
        this.backend = backend;
        this.file = read();
        this.parameters = backend.parameters();
        this.workspace = backend.workspace(0);
    }

    private static Safetensors read() {
        try (InputStream in = GoldenOps.class.getResourceAsStream("/goldens/ops.safetensors")) {
            return Safetensors.parse(in.readAllBytes(), "ops.safetensors");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Backend backend() {
        return backend;
    }

    public ParameterScope parameters() {
        return parameters;
    }

    /** A golden tensor on the host. */
    public HostTensor host(String name) {
        return file.read(name);
    }

    /** A golden tensor on the backend, in the type it is stored in. */
    public Tensor tensor(String name) {
        HostTensor source = host(name);
        Tensor tensor = workspace.allocate(source.dtype(), source.shape());
        backend.upload(source, tensor);
        return tensor;
    }

    /** The result of an op into a tensor of the golden's shape and type, as doubles; integers too. */
    public double[] result(String name, Consumer<Tensor> op) {
        HostTensor golden = host(name);
        Tensor out = workspace.allocate(golden.dtype(), golden.shape());
        op.accept(out);
        return out.dtype().isFloat() ? doubles(backend.download(out)) : integers(backend.downloadIntegers(out));
    }

    /** Runs an op into a tensor of the golden's shape and demands its values. */
    public void expect(String name, double tolerance, Consumer<Tensor> op) {
        double[] actual = result(name, op);
        assertEquals(host(name).shape().elements(), actual.length, name);
        double error = Comparison.nmse(doubles(host(name).toFloats()), actual);
        assertTrue(
                error <= tolerance,
                "%s on %s: normalised mean squared error %.3g, accepted %.3g"
                        .formatted(name, backend.info().name(), error, tolerance));
    }

    private static double[] doubles(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private static double[] integers(long[] values) {
        return java.util.Arrays.stream(values).asDoubleStream().toArray();
    }

    @Override
    public void close() {
        workspace.close();
        parameters.close();
        file.close();
    }
}
