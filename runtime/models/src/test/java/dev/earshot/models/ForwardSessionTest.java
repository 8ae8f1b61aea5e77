package dev.earshot.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.adaav.Placement;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The models on every backend that can run here. */
class ForwardSessionTest {
    /** NMSE of a tiny model against the scalar reference: an F32 trunk of three blocks. */
    private static final double NMSE = 1e-10;

    private static Stream<DynamicTest> onEachBackend(Consumer<Backend> test) {
        return Backends.providers().stream()
                .filter(provider -> provider.unavailable().isEmpty())
                .map(provider -> DynamicTest.dynamicTest(provider.kind(), () -> {
                    try (Backend backend = Backends.open(provider.kind())) {
                        test.accept(backend);
                    }
                }));
    }

    private static ImageBind load(Backend backend) {
        return ImageBind.load(backend, ImageBind.filler(Tiny.IMAGEBIND), Tiny.IMAGEBIND, DType.F32);
    }

    private static AdaAvAdapters adapters(Backend backend) {
        AdaAvConfig config = new AdaAvConfig(new Placement.Last(2).pairs(3, 3), 5, 2);
        Map<String, HostTensor> tensors = Tiny.renamed(AdaAvAdapters.initial(config, Tiny.IMAGEBIND, 3), key -> key);
        tensors.replaceAll((key, tensor) -> key.endsWith(".gate") ? HostTensor.of(new float[] {0.5f}, 1) : tensor);
        return AdaAvAdapters.load(backend, Weights.of("adapters", tensors), config, Tiny.IMAGEBIND);
    }

    private static HostTensor image(String name, int batch, int side) {
        return Tiny.input(name, batch, 3, side, side);
    }

    @TestFactory
    Stream<DynamicTest> replayEqualsTheEagerPassBitForBit() {
        return onEachBackend(backend -> {
            try (ImageBind model = load(backend);
                    ForwardSession<Tensor> session = model.imageSession();
                    Workspace ws = backend.workspace(1 << 20)) {
                for (String name : new String[] {"a", "b", "c"}) {
                    Tensor eager = model.embedImages(backend, ws, backend.upload(ws, image(name, 2, 28), DType.F32));
                    assertArrayEquals(backend.download(eager), backend.download(session.run(image(name, 2, 28))), name);
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> adaptedPassesReplayToo() {
        return onEachBackend(backend -> {
            try (ImageBind model = load(backend);
                    AdaAvAdapters adapters = adapters(backend)) {
                AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
                try (ForwardSession<AdaptedImageBind.Output> session = adapted.session(FeatureNorm.HEAD);
                        Workspace ws = backend.workspace(1 << 20)) {
                    for (String name : new String[] {"a", "b"}) {
                        HostTensor clip = Tiny.input("clip " + name, 2, 1, Tiny.MEL, Tiny.FRAMES);
                        var eager = adapted.forward(
                                backend,
                                ws,
                                backend.upload(ws, image(name, 2, 28), DType.F32),
                                backend.upload(ws, clip, DType.F32),
                                FeatureNorm.HEAD);
                        var replayed = session.run(image(name, 2, 28), clip);
                        assertArrayEquals(backend.download(eager.features()), backend.download(replayed.features()));
                        assertArrayEquals(
                                backend.download(eager.imageEmbedding()), backend.download(replayed.imageEmbedding()));
                    }
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> shapesComeAndGoAndMemoryStays() {
        return onEachBackend(backend -> {
            try (ImageBind model = load(backend)) {
                ForwardSession<Tensor> session = model.imageSession();
                float[] expected = backend.download(session.run(image("x", 1, 28)));
                for (int batch = 2; batch <= ForwardSession.MAX_SHAPES + 1; batch++) {
                    session.run(image("x", batch, 28));
                }
                long held = session.workspaceBytes();
                session.run(image("y", 2, 28));
                assertEquals(held, session.workspaceBytes());
                assertArrayEquals(expected, backend.download(session.run(image("x", 1, 28))));
                session.close();
                assertThrows(IllegalStateException.class, () -> session.run(image("x", 1, 28)));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> adaptedImageBindAgreesWithTheScalarReference() {
        float[] expected;
        try (Backend reference = Backends.open("reference")) {
            expected = adaptedFeatures(reference);
        }
        return onEachBackend(backend -> {
            float[] got = adaptedFeatures(backend);
            double error = 0;
            double power = 0;
            for (int i = 0; i < got.length; i++) {
                error += Math.pow(got[i] - expected[i], 2);
                power += Math.pow(expected[i], 2);
            }
            assertEquals(expected.length, got.length);
            assertEquals(0, error / power, NMSE);
        });
    }

    /** Images larger than native, so that positions are resampled; batch 3. */
    private static float[] adaptedFeatures(Backend backend) {
        try (ImageBind model = load(backend);
                AdaAvAdapters adapters = adapters(backend);
                Workspace ws = backend.workspace(1 << 20)) {
            Tensor image = backend.upload(ws, image("large", 3, 42), DType.F32);
            Tensor clip = backend.upload(ws, Tiny.input("clip", 3, 1, Tiny.MEL, Tiny.FRAMES), DType.F32);
            return backend.download(new AdaptedImageBind(model, adapters)
                    .forward(backend, ws, image, clip, FeatureNorm.HEAD)
                    .features());
        }
    }
}
