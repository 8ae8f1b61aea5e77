package dev.earshot.bench.device;

import dev.earshot.bench.result.Card;
import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.SplitMix64;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What this card reaches at best, measured: the yardsticks of all shares. A copy of random numbers within the card's memory,
 * bytes read and written, and the largest products through cuBLASLt, of random numbers too: zeros let a card clock higher.
 *
 * @param figures GB/s of the copy, GFLOP/s of the products
 */
public record DevicePeaks(List<Figure> figures) {
    /** Chapter of the page, behind what chapters of a card start with. */
    public static final String GROUP = "peaks";
    /** Name of the figure of the copy. */
    public static final String COPY = "copy";
    /** Name of the figure of the bf16 product. */
    public static final String BF16 = "bf16 product";
    /** Name of the figure of the product of fp32 operands that are rounded to tf32. */
    public static final String TF32 = "tf32 product";
    /** Name of the figure of the fp32 product. */
    public static final String FP32 = "fp32 product";

    private static final int BLOCK = 1 << 24;

    /**
     * How much is done for them.
     *
     * @param bytes of the copy
     * @param side of the products
     */
    record Effort(long bytes, int side) {
        static final Effort SMALL = new Effort(1 << 16, 64);
        static final Effort FULL = new Effort(2L << 30, 8192);
    }

    /** Measures copy, bf16 and fp32 on {@code backend}, and tf32 on one that is opened for it where it is a card. */
    static DevicePeaks measure(Backend backend, DeviceTimer timer, Effort effort) {
        List<Figure> figures = new ArrayList<>();
        String group = Card.prefix(backend.info().name()) + GROUP;
        figures.add(rate(group, COPY, "GB/s", 2.0 * effort.bytes(), copy(backend, timer, effort.bytes())));
        figures.add(product(backend, timer, DType.BF16, BF16, effort));
        String name = backend.info().name();
        if (name.contains("cuda") && !name.endsWith(":tf32")) {
            figures.add(productInTf32(name + ":tf32", timer.isSmall(), effort));
        }
        figures.add(product(backend, timer, DType.F32, FP32, effort));
        return new DevicePeaks(List.copyOf(figures));
    }

    private static Figure productInTf32(String name, boolean small, Effort effort) {
        try (Backend backend = Backends.open(name);
                DeviceTimer timer = new DeviceTimer(backend, small)) {
            return product(backend, timer, DType.F32, TF32, effort);
        }
    }

    /** The bf16 product once more: what clocks and temperature have done to the card since. */
    static double bf16Again(Backend backend, DeviceTimer timer, Effort effort) {
        return product(backend, timer, DType.BF16, BF16, effort).value();
    }

    /** Of the figure of that name; NaN if it was not measured. */
    double value(String name) {
        return figures.stream()
                .filter(figure -> figure.name().equals(name))
                .mapToDouble(Figure::value)
                .findFirst()
                .orElse(Double.NaN);
    }

    private static Figure rate(String group, String name, String unit, double work, double[] micros) {
        double[] rates = Arrays.stream(micros).map(each -> work / (1e3 * each)).toArray();
        return Figure.of(group, name, DeviceBench.ENGINE, unit, rates, Better.HIGHER, DeviceBench.COMMAND);
    }

    private static double[] copy(Backend backend, DeviceTimer timer, long bytes) {
        long count = bytes / Float.BYTES;
        int block = (int) Math.min(count, BLOCK);
        try (Workspace ws = backend.workspace(0)) {
            Tensor from = ws.allocate(DType.F32, count);
            Tensor to = ws.allocate(DType.F32, count);
            Tensor some = backend.upload(ws, HostTensor.of(random(block), block), DType.F32);
            for (long at = 0; at + block <= count; at += block) {
                backend.copy(some, from.slice(0, at, at + block));
            }
            return timer.warm(() -> backend.copy(from, to));
        }
    }

    private static float[] random(int count) {
        SplitMix64 random = new SplitMix64(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.unit() - 0.5);
        }
        return values;
    }

    private static Figure product(Backend backend, DeviceTimer timer, DType dtype, String name, Effort effort) {
        int side = effort.side();
        HostTensor host = HostTensor.of(random(side * side), side, side);
        try (Workspace ws = backend.workspace(0);
                ParameterScope scope = backend.parameters()) {
            Linear layer = scope.linear(host, dtype);
            Tensor x = backend.upload(ws, host, dtype);
            Tensor y = ws.allocate(dtype, side, side);
            double[] micros = timer.warm(() -> backend.linear(x, layer, Activation.NONE, y));
            String group = Card.prefix(backend.info().name()) + GROUP;
            return rate(group, name, "GFLOP/s", 2.0 * side * side * side, micros);
        }
    }
}
