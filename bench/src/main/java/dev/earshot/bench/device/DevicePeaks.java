package dev.earshot.bench.device;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.SplitMix64;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;
import java.util.List;

/**
 * What this card reaches at best, measured: the yardsticks of all shares.
 *
 * @param copy GB/s of a large copy within the card's memory, bytes read and written
 * @param bf16 GFLOP/s of a large bf16 product through cuBLASLt
 * @param fp32 GFLOP/s of a large fp32 product through cuBLASLt
 */
public record DevicePeaks(Figure copy, Figure bf16, Figure fp32) {
    /** Chapter of the page, behind what chapters of a card start with. */
    public static final String GROUP = "peaks";
    /** Name of the figure of {@link #copy}. */
    public static final String COPY = "copy";
    /** Name of the figure of {@link #bf16}. */
    public static final String BF16 = "bf16 product";
    /** Name of the figure of {@link #fp32}. */
    public static final String FP32 = "fp32 product";

    /** Measures them; {@code side} of the products and {@code bytes} of the copy set the effort. */
    static DevicePeaks measure(Backend backend, DeviceTimer timer, long bytes, int side) {
        String group = Card.prefix(backend.info().name()) + GROUP;
        return new DevicePeaks(
                rate(group, COPY, "GB/s", 2.0 * bytes, copy(backend, timer, bytes)),
                rate(group, BF16, "GFLOP/s", flops(side), product(backend, timer, DType.BF16, side)),
                rate(group, FP32, "GFLOP/s", flops(side), product(backend, timer, DType.F32, side)));
    }

    List<Figure> figures() {
        return List.of(copy, bf16, fp32);
    }

    private static Figure rate(String group, String name, String unit, double work, double[] micros) {
        double[] rates = Arrays.stream(micros).map(each -> work / (1e3 * each)).toArray();
        return Figure.of(group, name, DeviceBench.ENGINE, unit, rates, Better.HIGHER, DeviceBench.COMMAND);
    }

    private static double flops(int side) {
        return 2.0 * side * side * side;
    }

    private static double[] copy(Backend backend, DeviceTimer timer, long bytes) {
        try (Workspace ws = backend.workspace(0)) {
            Tensor from = ws.allocate(DType.F32, bytes / Float.BYTES);
            Tensor to = ws.allocate(DType.F32, bytes / Float.BYTES);
            backend.training().fill(from, 1);
            return timer.warm(() -> backend.copy(from, to));
        }
    }

    /** On random numbers: zeros let a card clock higher. */
    private static double[] product(Backend backend, DeviceTimer timer, DType dtype, int side) {
        SplitMix64 random = new SplitMix64(side);
        float[] values = new float[side * side];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.unit() - 0.5);
        }
        HostTensor host = HostTensor.of(values, side, side);
        try (Workspace ws = backend.workspace(0);
                ParameterScope scope = backend.parameters()) {
            Linear layer = scope.linear(host, dtype);
            Tensor x = backend.upload(ws, host, dtype);
            Tensor y = ws.allocate(dtype, side, side);
            return timer.warm(() -> backend.linear(x, layer, Activation.NONE, y));
        }
    }
}
