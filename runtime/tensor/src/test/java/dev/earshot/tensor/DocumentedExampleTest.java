package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The example of docs/tensor-runtime.md, against the same block written with arrays. */
class DocumentedExampleTest {
    private final SplittableRandom random = new SplittableRandom(5);

    private float[] normal(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void aCapturedResidualBlockGivesTheArraysOfPlainLoops() {
        float[] upWeight = normal(64 * 16);
        float[] upBias = normal(64);
        float[] downWeight = normal(16 * 64);
        float[] rows = normal(5 * 16);
        float[] otherRows = normal(5 * 16);
        float[] first;
        float[] second;

        try (Backend backend = Backends.open("auto");
                ParameterScope parameters = backend.parameters();
                Workspace ws = backend.workspace(1 << 20)) {
            Linear up = parameters.linear(HostTensor.of(upWeight, 64, 16), HostTensor.of(upBias, 64), DType.F32);
            Linear down = parameters.linear(HostTensor.of(downWeight, 16, 64), DType.F32);
            Tensor x = backend.upload(ws, HostTensor.of(rows, 5, 16), DType.F32); // [rows, width]
            Tensor y = ws.allocate(DType.F32, 5, 16);

            try (Program block = backend.capture(b -> {
                try (Workspace.Frame _ = ws.frame()) {
                    Tensor normed = ws.allocate(DType.F32, x.shape());
                    b.layerNorm(x, 1e-6f, normed);
                    Tensor hidden = b.linear(ws, normed, up, Activation.GELU);
                    b.linear(hidden, down, Activation.NONE, x, y); // y = x + down(gelu(up(norm(x))))
                }
            })) {
                first = backend.download(y);
                backend.upload(HostTensor.of(otherRows, 5, 16), x);
                block.run();
                second = backend.download(y);
            }
        }
        assertArrayEquals(plain(rows, upWeight, upBias, downWeight), first, 1e-3f);
        assertArrayEquals(plain(otherRows, upWeight, upBias, downWeight), second, 1e-3f);
    }

    private static float[] plain(float[] rows, float[] upWeight, float[] upBias, float[] downWeight) {
        float[] y = rows.clone();
        for (int row = 0; row < 5; row++) {
            double mean = 0;
            double squares = 0;
            for (int i = 0; i < 16; i++) {
                mean += rows[row * 16 + i] / 16.0;
                squares += rows[row * 16 + i] * rows[row * 16 + i] / 16.0;
            }
            double scale = 1 / Math.sqrt(squares - mean * mean + 1e-6);
            for (int h = 0; h < 64; h++) {
                double sum = upBias[h];
                for (int i = 0; i < 16; i++) {
                    sum += upWeight[h * 16 + i] * (rows[row * 16 + i] - mean) * scale;
                }
                double gelu = sum * normalDistribution(sum);
                for (int i = 0; i < 16; i++) {
                    y[row * 16 + i] += (float) (downWeight[i * 64 + h] * gelu);
                }
            }
        }
        return y;
    }

    /** P(X <= x) of a standard normal X, by Simpson's rule from 0. */
    private static double normalDistribution(double x) {
        int steps = 2000;
        double width = x / steps;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            int weight = i == 0 || i == steps ? 1 : i % 2 == 0 ? 2 : 4;
            sum += weight * Math.exp(-0.5 * (i * width) * (i * width));
        }
        return 0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI);
    }

    @Test
    void theDistributionOfTheCheckIsRight() {
        assertEquals(0.975, normalDistribution(1.959963984540054), 1e-12);
    }
}
