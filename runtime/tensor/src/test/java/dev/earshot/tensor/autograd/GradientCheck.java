package dev.earshot.tensor.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Compares the gradients of a small computation with central differences along random directions. Values are fp32, so that
 * a difference quotient has an error of about 1e-3 of its size.
 */
final class GradientCheck {
    private static final double STEP = 1e-2;
    private static final double TOLERANCE = 5e-3;
    private static final int DIRECTIONS = 3;

    /** A computation of one number from parameters. */
    @FunctionalInterface
    interface Computation {
        /** @return F32 [1] */
        Tensor run(Backend b, Workspace ws, List<Tensor> parameters);
    }

    private GradientCheck() {}

    /** Fails unless the tape's gradients are those of {@code computation} at random parameters of the given shapes. */
    static void check(Backend backend, Computation computation, long[]... shapes) {
        SplittableRandom random = new SplittableRandom(7);
        List<float[]> values = new ArrayList<>();
        for (long[] shape : shapes) {
            values.add(random(random, shape));
        }
        List<float[]> gradients = gradients(backend, computation, values, shapes, false);
        for (int p = 0; p < shapes.length; p++) {
            for (int d = 0; d < DIRECTIONS; d++) {
                float[] direction = random(random, shapes[p]);
                double expected = difference(backend, computation, values, shapes, p, direction);
                double actual = 0;
                double size = 0;
                for (int i = 0; i < direction.length; i++) {
                    actual += (double) direction[i] * gradients.get(p)[i];
                    size += Math.abs((double) direction[i] * gradients.get(p)[i]);
                }
                assertTrue(size > 0, "gradient of parameter " + p + " is zero");
                assertEquals(expected, actual, TOLERANCE * Math.max(1, size), "along a direction of parameter " + p);
            }
        }
    }

    private static float[] random(SplittableRandom random, long[] shape) {
        float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Gradients by a tape, one array per parameter. */
    static List<float[]> gradients(
            Backend backend, Computation computation, List<float[]> values, long[][] shapes, boolean recompute) {
        try (ParameterScope scope = backend.parameters();
                Workspace ws = backend.workspace(0);
                Tape tape = new Tape(backend, recompute)) {
            List<Tensor> parameters = new ArrayList<>();
            List<Tensor> gradients = new ArrayList<>();
            for (int i = 0; i < shapes.length; i++) {
                parameters.add(scope.tensor(HostTensor.of(values.get(i), shapes[i]), DType.F32));
                gradients.add(scope.tensor(HostTensor.of(new float[values.get(i).length], shapes[i]), DType.F32));
                tape.watch(parameters.get(i), gradients.get(i));
            }
            try (Workspace.Frame _ = ws.frame()) {
                tape.backward(computation.run(tape, ws, parameters));
            }
            return gradients.stream().map(backend::download).toList();
        }
    }

    private static double difference(
            Backend backend,
            Computation computation,
            List<float[]> values,
            long[][] shapes,
            int parameter,
            float[] direction) {
        double[] at = new double[2];
        for (int side = 0; side < 2; side++) {
            List<float[]> moved = new ArrayList<>(values);
            float[] point = values.get(parameter).clone();
            for (int i = 0; i < point.length; i++) {
                point[i] += (float) ((side == 0 ? STEP : -STEP) * direction[i]);
            }
            moved.set(parameter, point);
            at[side] = value(backend, computation, moved, shapes);
        }
        return (at[0] - at[1]) / (2 * STEP);
    }

    /** The number that {@code computation} gives. */
    static float value(Backend backend, Computation computation, List<float[]> values, long[][] shapes) {
        try (ParameterScope scope = backend.parameters();
                Workspace ws = backend.workspace(0)) {
            List<Tensor> parameters = new ArrayList<>();
            for (int i = 0; i < shapes.length; i++) {
                parameters.add(scope.tensor(HostTensor.of(values.get(i), shapes[i]), DType.F32));
            }
            return backend.download(computation.run(backend, ws, parameters))[0];
        }
    }
}
