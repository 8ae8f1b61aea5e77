package dev.earshot.models.adaav;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.Tiny;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.autograd.Tape;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Gradients of adapters inside the trunks: what is kept for them, and that they are right where blocks lie between. */
class AdaAvGradientTest {
    private static final int SOUNDS = 2;
    private static final int IMAGES = 4;

    private final Backend backend = new ReferenceBackend();
    private final Workspace ws = backend.workspace(1 << 20);
    private final ImageBind model =
            ImageBind.load(backend, ImageBind.filler(Tiny.IMAGEBIND), Tiny.IMAGEBIND, DType.F32);

    @AfterEach
    void close() {
        ws.close();
        model.close();
        backend.close();
    }

    /** Adapters with gates away from 0, so that every parameter has a gradient. */
    private static Weights opened(AdaAvConfig config) {
        Weights fresh = AdaAvAdapters.initial(config, Tiny.IMAGEBIND, 5);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        fresh.keys()
                .forEach(key -> tensors.put(
                        key, key.endsWith("gate") ? HostTensor.of(new float[] {0.7f}, 1) : fresh.read(key)));
        return Weights.of("opened adapters", tensors);
    }

    private record Result(float loss, Map<String, float[]> gradients, long savedBytes) {}

    /** The weighted sum of the features and its gradients. */
    private Result result(AdaAvConfig config, Weights weights, boolean recompute) {
        try (AdaAvAdapters adapters = AdaAvAdapters.load(backend, weights, config, Tiny.IMAGEBIND);
                ParameterScope scope = backend.parameters();
                Tape tape = new Tape(backend, recompute)) {
            Map<String, Tensor> gradients = new LinkedHashMap<>();
            adapters.parameters().forEach((name, parameter) -> {
                float[] zeros = new float[Math.toIntExact(parameter.shape().elements())];
                Tensor gradient =
                        scope.tensor(HostTensor.of(zeros, parameter.shape().toArray()), DType.F32);
                gradients.put(name, gradient);
                tape.watch(parameter, gradient);
            });
            try (Workspace.Frame _ = ws.frame()) {
                Tensor loss = loss(tape, new AdaptedImageBind(model, adapters));
                tape.backward(loss);
                Map<String, float[]> values = new LinkedHashMap<>();
                gradients.forEach((name, gradient) -> values.put(name, backend.download(gradient)));
                return new Result(backend.download(loss)[0], values, tape.savedBytes());
            }
        }
    }

    private Tensor loss(Backend b, AdaptedImageBind adapted) {
        Tensor image = b.upload(ws, Tiny.input("image", IMAGES, 3, 28, 28), DType.F32);
        Tensor audio = b.upload(ws, Tiny.input("audio", SOUNDS, 1, Tiny.MEL, Tiny.FRAMES), DType.F32);
        AdaptedImageBind.Heard heard = adapted.hear(b, ws, audio);
        Tensor stream =
                adapted.model().vision().preNorm(b, ws, adapted.model().vision().tokens(b, ws, image));
        adapted.model()
                .vision()
                .trunk()
                .run(b, ws, stream, 0, adapted.firstAdaptedBlock(), dev.earshot.models.vit.BlockHook.NONE);
        adapted.encodeFrom(b, ws, stream, heard);
        Tensor features = adapted.features(b, ws, stream, FeatureNorm.HEAD);
        Tensor weighed = ws.allocate(DType.F32, features.shape());
        HostTensor weights = Filler.tensor("weights", features.shape().toArray());
        b.binary(BinaryOp.MULTIPLY, features, b.upload(ws, weights, DType.F32), weighed);
        Tensor loss = ws.allocate(DType.F32, 1);
        b.reduce(ReduceOp.SUM, weighed.reshape(1, features.shape().elements()), 1, loss);
        return loss;
    }

    private static AdaAvConfig at(BlockPair... pairs) {
        return new AdaAvConfig(List.of(pairs), 5, 2);
    }

    @Test
    void gradientsAcrossAFrozenBlockMatchDifferences() {
        AdaAvConfig config = at(new BlockPair(0, 1), new BlockPair(2, 2));
        Weights weights = opened(config);
        Result result = result(config, weights, false);
        double step = 2e-3;
        result.gradients().forEach((name, gradient) -> {
            double[] at = new double[2];
            for (int side = 0; side < 2; side++) {
                Map<String, HostTensor> moved = new LinkedHashMap<>();
                weights.keys().forEach(key -> moved.put(key, weights.read(key)));
                float[] values = weights.read(name).toFloats();
                for (int i = 0; i < values.length; i++) {
                    values[i] += (float) ((side == 0 ? step : -step) * Math.cos(i));
                }
                moved.put(name, HostTensor.of(values, weights.shape(name).toArray()));
                at[side] = result(config, Weights.of("moved", moved), false).loss();
            }
            double actual = 0;
            double size = 0;
            for (int i = 0; i < gradient.length; i++) {
                actual += gradient[i] * Math.cos(i);
                size += Math.abs(gradient[i]);
            }
            assertTrue(size > 0, name);
            assertEquals((at[0] - at[1]) / (2 * step), actual, 1e-2 * Math.max(size, 0.05), name);
        });
    }

    @Test
    void recomputingBlocksGivesTheSameBitsAndKeepsLess() {
        AdaAvConfig config = at(new BlockPair(0, 0), new BlockPair(1, 1), new BlockPair(2, 2));
        Weights weights = opened(config);
        Result kept = result(config, weights, false);
        Result recomputed = result(config, weights, true);
        assertEquals(kept.loss(), recomputed.loss());
        kept.gradients()
                .forEach((name, gradient) ->
                        assertArrayEquals(gradient, recomputed.gradients().get(name), name));
        assertTrue(
                recomputed.savedBytes() < kept.savedBytes() / 2,
                "kept %d, recomputed %d".formatted(kept.savedBytes(), recomputed.savedBytes()));
    }

    @Test
    void blocksBeforeTheFirstAdapterKeepNothing() {
        AdaAvConfig last = at(new BlockPair(2, 2));
        AdaAvConfig all = at(new BlockPair(0, 0), new BlockPair(1, 1), new BlockPair(2, 2));
        long one = result(last, opened(last), false).savedBytes();
        long three = result(all, opened(all), false).savedBytes();
        assertTrue(one * 2.5 < three, "one block %d, three blocks %d".formatted(one, three));
    }

    @Test
    void aSecondRunGivesTheSameBits() {
        AdaAvConfig config = at(new BlockPair(1, 0), new BlockPair(2, 2));
        Result first = result(config, opened(config), false);
        Result second = result(config, opened(config), false);
        first.gradients()
                .forEach((name, gradient) ->
                        assertArrayEquals(gradient, second.gradients().get(name), name));
    }
}
