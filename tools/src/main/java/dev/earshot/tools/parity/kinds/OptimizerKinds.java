package dev.earshot.tools.parity.kinds;

import dev.earshot.segmentation.training.Optimizer;
import dev.earshot.segmentation.training.OptimizerSettings;
import dev.earshot.segmentation.training.Schedule;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Adam and AdamW with their schedules, over a number of steps with given gradients. */
public final class OptimizerKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of("optimizer", OptimizerKinds::optimizer);

    private static final String GRADIENT = "input.grad.";

    private OptimizerKinds() {}

    private static Map<String, HostTensor> optimizer(GoldenCase golden, Backend b, DType compute) {
        OptimizerSettings settings = settings(golden);
        List<String> names = golden.tensorNames().stream()
                .filter(name -> name.startsWith(GRADIENT))
                .map(name -> name.substring(GRADIENT.length()))
                .toList();
        int steps = golden.intOption("steps");
        Map<String, float[]> histories = new LinkedHashMap<>();
        float[] rates = new float[steps];
        Results results = new Results(golden, b);
        try (Workspace ws = b.workspace(1 << 16)) {
            Map<String, Tensor> parameters = new LinkedHashMap<>();
            names.forEach(name -> parameters.put(name, b.upload(ws, golden.input(name), DType.F32)));
            Optimizer optimizer = new Optimizer(b, ws, parameters, settings, _ -> true);
            for (int step = 1; step <= steps; step++) {
                for (String name : names) {
                    b.upload(
                            row(golden.input("grad." + name), step - 1),
                            optimizer.gradients().get(name));
                }
                optimizer.prepare(step, 0);
                optimizer.apply();
                rates[step - 1] = (float) settings.rate(step);
                parameters.forEach((name, parameter) -> histories.merge(
                        name, b.download(parameter), (before, last) -> HostTensors.join(List.of(before, last))));
            }
            names.forEach(name -> {
                results.put("expected.exp_avg." + name, optimizer.firstMoments().get(name));
                results.put(
                        "expected.exp_avg_sq." + name, optimizer.secondMoments().get(name));
                results.put(
                        "expected." + name,
                        histories.get(name),
                        golden.input("grad." + name).shape().toArray());
            });
        }
        results.put("expected.lr", rates, steps);
        return results.tensors();
    }

    private static OptimizerSettings settings(GoldenCase golden) {
        return new OptimizerSettings(
                OptimizerSettings.Algorithm.valueOf(word(golden, "optimizer")),
                golden.numberOption("lr"),
                Schedule.valueOf(word(golden, "schedule")),
                golden.intOption("steps"),
                golden.numberOption("weight_decay"),
                golden.config().path("betas").path(0).asDouble(),
                golden.config().path("betas").path(1).asDouble(),
                golden.numberOption("eps"),
                0);
    }

    private static String word(GoldenCase golden, String option) {
        return golden.config().path(option).asText().toUpperCase(Locale.ROOT);
    }

    /** Element {@code index} along the first axis. */
    private static HostTensor row(HostTensor all, int index) {
        Shape shape = all.shape();
        long[] dims = Arrays.copyOfRange(shape.toArray(), 1, shape.rank());
        long bytes = all.data().byteSize() / shape.dim(0);
        return new HostTensor(all.data().asSlice(index * bytes, bytes), all.dtype(), Shape.of(dims));
    }
}
