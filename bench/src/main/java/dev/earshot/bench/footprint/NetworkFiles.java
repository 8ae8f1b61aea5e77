package dev.earshot.bench.footprint;

import dev.earshot.models.Filler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Weights and rows of the network in bench/footprint/common/Network.java, by the counter-based generator of all our
 * comparisons, and what the network makes of them in doubles.
 */
final class NetworkFiles {
    static final int WIDTH = 768;
    static final int HIDDEN = 3072;
    static final int ROWS = 197;

    private final Map<String, float[]> tensors = new LinkedHashMap<>();

    NetworkFiles() {
        put("up.weight", "up.weight", HIDDEN, WIDTH);
        put("up.bias", "up.bias", HIDDEN);
        put("down.weight", "down.weight", WIDTH, HIDDEN);
        put("down.bias", "down.bias", WIDTH);
        put("rows", "input.rows", ROWS, WIDTH);
    }

    private void put(String name, String key, long... dims) {
        tensors.put(name, Filler.tensor(key, dims).toFloats());
    }

    /** One file of floats each, and network.onnx. */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, float[]> tensor : tensors.entrySet()) {
            float[] values = tensor.getValue();
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            Files.write(folder.resolve(tensor.getKey() + ".f32"), bytes.array());
        }
        byte[] onnx = OnnxFile.of(
                WIDTH,
                HIDDEN,
                tensors.get("up.weight"),
                tensors.get("up.bias"),
                tensors.get("down.weight"),
                tensors.get("down.bias"));
        Files.write(folder.resolve("network.onnx"), onnx);
    }

    /** What the program writes: the result of the first row, then those of all rows. */
    double[] expected() {
        double[] all = new double[(1 + ROWS) * WIDTH];
        float[] rows = tensors.get("rows");
        for (int row = 0; row < ROWS; row++) {
            double[] x = new double[WIDTH];
            for (int i = 0; i < WIDTH; i++) {
                x[i] = rows[row * WIDTH + i];
            }
            double[] hidden = linear("up", x);
            for (int i = 0; i < HIDDEN; i++) {
                hidden[i] = gelu(hidden[i]);
            }
            System.arraycopy(linear("down", hidden), 0, all, (1 + row) * WIDTH, WIDTH);
        }
        System.arraycopy(all, WIDTH, all, 0, WIDTH);
        return all;
    }

    private double[] linear(String layer, double[] x) {
        float[] weight = tensors.get(layer + ".weight");
        float[] bias = tensors.get(layer + ".bias");
        double[] y = new double[bias.length];
        for (int o = 0; o < y.length; o++) {
            double sum = bias[o];
            for (int i = 0; i < x.length; i++) {
                sum += weight[o * x.length + i] * x[i];
            }
            y[o] = sum;
        }
        return y;
    }

    private static double gelu(double x) {
        return x / 2 * (1 + erf(x / Math.sqrt(2)));
    }

    /** Maclaurin's series below 3, the continued fraction of erfc above: exact to 1e-12. */
    static double erf(double x) {
        double a = Math.abs(x);
        if (a < 3) {
            double term = a;
            double sum = a;
            for (int n = 1; n < 100; n++) {
                term *= -a * a / n;
                sum += term / (2 * n + 1);
            }
            return Math.signum(x) * 2 / Math.sqrt(Math.PI) * sum;
        }
        double fraction = a;
        for (int n = 60; n > 0; n--) {
            fraction = a + n / 2.0 / fraction;
        }
        return Math.signum(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / fraction);
    }

    /** Largest difference between a program's results and the expected ones. */
    static double largestError(double[] expected, Path results) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(results)).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.capacity() != 4 * expected.length) {
            throw new IllegalStateException(
                    results + ": expected " + 4 * expected.length + " bytes, got " + bytes.capacity());
        }
        double worst = 0;
        for (double value : expected) {
            worst = Math.max(worst, Math.abs(bytes.getFloat() - value)); // NaN stays
        }
        return worst;
    }
}
