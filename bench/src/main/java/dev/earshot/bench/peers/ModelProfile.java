package dev.earshot.bench.peers;

import dev.earshot.bench.result.Spread;
import dev.earshot.tensor.DType;
import java.util.Arrays;

/**
 * What the time of a captured pass on the CPU consists of: runs it some times with {@code -Dearshot.profile=true}, so that the
 * backend logs its table of steps at the end, and prints the least and the median time of a pass. Steps of a kind are told
 * by the number of their calls, the number of passes times that of the blocks.
 */
public final class ModelProfile {
    private static final int WARM_UPS = 3;

    private ModelProfile() {}

    /** Arguments: model (as in {@link ImageWorkloads}), batch, blocks (0: all), passes. */
    public static void main(String[] arguments) {
        if (arguments.length != 4) {
            throw new IllegalArgumentException(
                    "model profile: expected MODEL BATCH BLOCKS PASSES, got %d arguments".formatted(arguments.length));
        }
        System.setProperty("earshot.profile", "true");
        int batch = Integer.parseInt(arguments[1]);
        int blocks = Integer.parseInt(arguments[2]);
        int passes = Integer.parseInt(arguments[3]);
        double[] millis = new double[passes];
        try (Workload workload = ImageWorkloads.open("cpu", arguments[0], batch, blocks, DType.F32)) {
            for (int i = 0; i < WARM_UPS; i++) {
                workload.run();
            }
            for (int i = 0; i < passes; i++) {
                long start = System.nanoTime();
                workload.run();
                millis[i] = (System.nanoTime() - start) / 1e6;
            }
        }
        double least = Arrays.stream(millis).min().orElse(Double.NaN);
        System.out.printf(
                "%s batch %d: %d passes, least %.1f ms, median %.1f ms%n",
                arguments[0], batch, passes, least, Spread.of(millis).median());
    }
}
