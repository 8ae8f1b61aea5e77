package dev.earshot.bench.peers;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Makes the operands of a row of {@link OpRows}, as often as they are wanted: every set has memory of its own and the same
 * values, which bench/peers/ops_torch.py makes too. Values repeat after a million, so that the largest take no longer to make.
 */
final class OpOperands {
    private static final int PERIOD = 1_000_003;
    /** Noise per unit of signal, as in {@link KMeansWorkload}. */
    private static final float NOISE = 2;

    private final Backend backend;
    private final ParameterScope parameters;
    private final Workspace workspace;
    private final DType compute;
    private final int batch;
    private final boolean small;
    private final Map<String, HostTensor> made = new HashMap<>();

    OpOperands(
            Backend backend, ParameterScope parameters, Workspace workspace, DType compute, int batch, boolean small) {
        this.backend = backend;
        this.parameters = parameters;
        this.workspace = workspace;
        this.compute = compute;
        this.batch = small ? Math.min(batch, 2) : batch;
        this.small = small;
    }

    DType compute() {
        return compute;
    }

    long batch() {
        return batch;
    }

    boolean isSmall() {
        return small;
    }

    /** A number of tokens. */
    long few(long full) {
        return small ? full / 16 + 1 : full;
    }

    /** A number of channels. */
    long narrow(long full) {
        return small ? full / 16 : full;
    }

    Tensor input(String key, DType dtype, long... dims) {
        return input(key, dtype, 1, 0, dims);
    }

    /** The filler's numbers, of variance 1, times {@code scale}, plus {@code centre}. */
    Tensor input(String key, DType dtype, float scale, float centre, long... dims) {
        return backend.upload(workspace, host(key, scale, centre, dims), dtype);
    }

    /** A layer with results of variance 1. */
    Linear linear(long in, long out) {
        return parameters.linear(
                host("weights", (float) (1 / Math.sqrt(in)), 0, out, in), host("bias", 1, 0, out), compute);
    }

    /** [frames, rows, width]: row i of a frame is noise round centre i modulo {@code clusters}. */
    Tensor clustered(int clusters, long frames, long rows, long width) {
        HostTensor host = made.computeIfAbsent("clustered", _ -> {
            float[] centres = values("centres", 1, 0, clusters * width);
            float[] x = values("features", 1, 0, frames * rows * width);
            int w = Math.toIntExact(width);
            for (int i = 0; i < x.length; i++) {
                int cluster = (int) (i / w % rows % clusters);
                x[i] = centres[cluster * w + i % w] + NOISE * x[i];
            }
            return HostTensor.of(x, frames, rows, width);
        });
        return backend.upload(workspace, host, DType.F32);
    }

    /** I32 0, 1, 2 … */
    Tensor counted(long count) {
        int[] numbers = IntStream.range(0, Math.toIntExact(count)).toArray();
        return backend.upload(
                workspace, new HostTensor(MemorySegment.ofArray(numbers), DType.I32, Shape.of(count)), DType.I32);
    }

    /** A result; its floating elements are no numbers until the op writes them. */
    Tensor output(DType dtype, long... dims) {
        Tensor out = workspace.allocate(dtype, dims);
        if (dtype.isFloat()) {
            backend.training().fill(out, Float.NaN);
        }
        return out;
    }

    private HostTensor host(String key, float scale, float centre, long... dims) {
        return made.computeIfAbsent(key, _ -> {
            long count = Shape.of(dims).elements();
            return HostTensor.of(values(key, scale, centre, count), dims);
        });
    }

    private static float[] values(String key, float scale, float centre, long count) {
        int size = Math.toIntExact(count);
        float[] values = Arrays.copyOf(
                Filler.tensor("input." + key, Math.min(PERIOD, size)).toFloats(), size);
        for (int i = 0; i < Math.min(PERIOD, size); i++) {
            values[i] = values[i] * scale + centre;
        }
        for (int at = PERIOD; at < size; at += PERIOD) {
            System.arraycopy(values, 0, values, at, Math.min(PERIOD, size - at));
        }
        return values;
    }
}
