package dev.earshot.bench.device;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.SplitMix64;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * What this card reaches at best, measured: the yardsticks of all shares.
 *
 * @param copyGigabytesPerSecond a large copy within the card's memory, bytes read and written
 * @param bf16TeraflopsPerSecond a large bf16 product through cuBLASLt
 * @param f32TeraflopsPerSecond a large fp32 product through cuBLASLt
 */
record DevicePeaks(double copyGigabytesPerSecond, double bf16TeraflopsPerSecond, double f32TeraflopsPerSecond) {
    /** Measures them; {@code side} of the products and {@code bytes} of the copy set the effort. */
    static DevicePeaks measure(Backend backend, DeviceTimer timer, long bytes, int side) {
        return new DevicePeaks(
                copy(backend, timer, bytes),
                product(backend, timer, DType.BF16, side),
                product(backend, timer, DType.F32, side));
    }

    private static double copy(Backend backend, DeviceTimer timer, long bytes) {
        try (Workspace ws = backend.workspace(0)) {
            Tensor from = ws.allocate(DType.F32, bytes / Float.BYTES);
            Tensor to = ws.allocate(DType.F32, bytes / Float.BYTES);
            backend.training().fill(from, 1);
            return 2.0 * bytes / timer.warm(() -> backend.copy(from, to)).median() / 1e3;
        }
    }

    /** On random numbers: zeros let a card clock higher. */
    private static double product(Backend backend, DeviceTimer timer, DType dtype, int side) {
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
            double micros = timer.warm(() -> backend.linear(x, layer, Activation.NONE, y))
                    .median();
            return 2.0 * side * side * side / micros / 1e6;
        }
    }
}
