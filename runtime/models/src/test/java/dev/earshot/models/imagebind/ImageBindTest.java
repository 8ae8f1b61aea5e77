package dev.earshot.models.imagebind;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.Tiny;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImageBindTest {
    private final Backend backend = new ReferenceBackend();
    private final Workspace ws = backend.workspace(1 << 20);
    private final Weights filler = ImageBind.filler(Tiny.IMAGEBIND);

    @AfterEach
    void close() {
        ws.close();
        backend.close();
    }

    private ImageBind load() {
        return ImageBind.load(backend, filler, Tiny.IMAGEBIND, DType.F32);
    }

    private Tensor upload(String name, long... dims) {
        return backend.upload(ws, Tiny.input(name, dims), DType.F32);
    }

    /** Counts published with the checkpoint. */
    @Test
    void hugeDeclaresThePublishedTensors() {
        Weights huge = ImageBind.filler(ImageBindConfig.HUGE);
        long vision =
                huge.keys().stream().filter(key -> key.contains(".vision.")).count();
        long values = huge.keys().stream()
                .mapToLong(key -> huge.shape(key).elements())
                .sum();
        assertEquals(392, vision);
        assertEquals(177, huge.keys().size() - vision);
        assertEquals(632_829_440L + 86_235_649L, values);
    }

    @Test
    void sizesComeFromShapesAndHeadsFromMetadataOrThePublishedWidths() {
        assertEquals(ImageBindConfig.HUGE, ImageBindConfig.of(ImageBind.filler(ImageBindConfig.HUGE)));
        Map<String, String> heads = Map.of("earshot.vision_heads", "3", "earshot.audio_heads", "2");
        assertEquals(Tiny.IMAGEBIND, ImageBindConfig.of(Tiny.withMetadata(filler, heads)));
        var error = assertThrows(WeightsException.class, () -> ImageBindConfig.of(filler));
        assertTrue(error.getMessage().contains("earshot.vision_heads"), error.getMessage());
    }

    @Test
    void embeddingsHaveThePublishedLengths() {
        try (ImageBind model = load()) {
            assertEquals(1, length(model.embedImages(backend, ws, upload("a", 1, 3, 28, 28))), 1e-6);
            Tensor clip = upload("b", 1, 1, Tiny.MEL, Tiny.FRAMES);
            assertEquals(20, length(model.embedAudio(backend, ws, clip)), 1e-4);
        }
    }

    private double length(Tensor row) {
        double sum = 0;
        for (float value : backend.download(row)) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    @Test
    void samplesDoNotDependOnTheirBatch() {
        try (ImageBind model = load()) {
            Tensor images = upload("images", 3, 3, 28, 28);
            Tensor clips = upload("clips", 3, 1, Tiny.MEL, Tiny.FRAMES);
            float[] image = backend.download(model.embedImages(backend, ws, images));
            float[] audio = backend.download(model.embedAudio(backend, ws, clips));
            for (int i = 0; i < 3; i++) {
                Tensor oneImage = model.embedImages(backend, ws, images.slice(0, i, i + 1));
                Tensor oneClip = model.embedAudio(backend, ws, clips.slice(0, i, i + 1));
                assertArrayEquals(Arrays.copyOfRange(image, 12 * i, 12 * i + 12), backend.download(oneImage));
                assertArrayEquals(Arrays.copyOfRange(audio, 12 * i, 12 * i + 12), backend.download(oneClip));
            }
        }
    }

    @Test
    void aStillImageEqualsItsTwoEqualFrames() {
        try (ImageBind model = load()) {
            Tensor still = upload("still", 2, 3, 28, 28);
            Tensor frames = ws.allocate(DType.F32, 2, 3, 2, 28, 28);
            backend.copy(still, frames.select(2, 0));
            backend.copy(still, frames.select(2, 1));
            float[] expected = backend.download(model.vision().encode(backend, ws, still, BlockHook.NONE));
            float[] got = backend.download(model.vision().encode(backend, ws, frames, BlockHook.NONE));
            assertArrayEquals(expected, got, 2e-6f);
        }
    }

    @Test
    void clipsAreAveragedAfterNormalising() {
        try (ImageBind model = load()) {
            Tensor clips = upload("clips", 2, 2, 1, Tiny.MEL, Tiny.FRAMES);
            float[] mean = backend.download(model.embedAudio(backend, ws, clips));
            float[] each = backend.download(model.embedAudio(backend, ws, clips.reshape(4, 1, Tiny.MEL, Tiny.FRAMES)));
            for (int i = 0; i < mean.length; i++) {
                int sample = i / 12;
                float expected = (each[24 * sample + i % 12] + each[24 * sample + 12 + i % 12]) / 2;
                assertEquals(expected, mean[i], 1e-6f);
            }
        }
    }

    @Test
    void denseFeaturesLeaveTheClassTokenOut() {
        try (ImageBind model = load()) {
            Tensor stream = model.vision().encode(backend, ws, upload("image", 2, 3, 28, 28), BlockHook.NONE);
            Tensor features = model.patchFeatures(backend, ws, stream);
            Tensor normed = model.vision().head().normed(backend, ws, stream);
            assertEquals(Shape.of(2, 4, 24), features.shape());
            assertArrayEquals(backend.download(normed.slice(1, 1, 5)), backend.download(features));
            Tensor joint = model.vision().head().jointTokens(backend, ws, stream);
            assertEquals(Shape.of(2, 5, 12), joint.shape());
            assertArrayEquals(
                    backend.download(model.vision().head().classToken(backend, ws, stream)),
                    backend.download(joint.select(1, 0)));
        }
    }

    @Test
    void oneModalityLoadsWithoutTheOther() {
        Weights both = filler;
        Weights visionOnly = Weights.of("vision only", visionTensors());
        float[] expected;
        try (ImageBind model = load()) {
            expected = backend.download(model.embedImages(backend, ws, upload("x", 1, 3, 28, 28)));
        }
        for (Weights weights : new Weights[] {both, visionOnly}) {
            try (ParameterScope scope = backend.parameters()) {
                ImageBindVision vision = ImageBindVision.load(scope, weights, Tiny.IMAGEBIND.vision(), DType.F32);
                Tensor stream = vision.encode(backend, ws, upload("x", 1, 3, 28, 28), BlockHook.NONE);
                assertArrayEquals(expected, backend.download(vision.embed(backend, ws, stream)));
            }
        }
    }

    private Map<String, HostTensor> visionTensors() {
        Map<String, HostTensor> tensors = Tiny.renamed(filler, key -> key);
        tensors.keySet().removeIf(key -> key.contains(".audio."));
        return tensors;
    }

    @Test
    void inputsOfOtherSizesAreRefused() {
        try (ImageBind model = load()) {
            var image = assertThrows(
                    IllegalArgumentException.class, () -> model.embedImages(backend, ws, upload("i", 1, 3, 30, 28)));
            assertTrue(image.getMessage().contains("multiples of 14, got [1, 3, 30, 28]"), image.getMessage());
            var audio = assertThrows(
                    IllegalArgumentException.class, () -> model.embedAudio(backend, ws, upload("a", 1, 1, 36, 60)));
            assertTrue(audio.getMessage().contains("12 patches"), audio.getMessage());
        }
    }

    @Test
    void foreignFilesAreNamed() {
        Weights dino = Dino.filler(DinoVariant.VIT_SMALL_8.config(DinoKeyForm.ORIGINAL), DinoKeyForm.ORIGINAL);
        var derived = assertThrows(WeightsException.class, () -> ImageBind.load(backend, dino, DType.F32));
        assertTrue(derived.getMessage().contains("looks like DINO vit_small_8"), derived.getMessage());
        var stated =
                assertThrows(WeightsException.class, () -> ImageBind.load(backend, dino, Tiny.IMAGEBIND, DType.F32));
        assertTrue(stated.getMessage().contains("looks like DINO vit_small_8"), stated.getMessage());
    }

    @Test
    void missingAndMisshapedTensorsAreReportedTogether() {
        Map<String, HostTensor> tensors = Tiny.renamed(filler, key -> key);
        tensors.remove("modality_heads.vision.2.weight");
        tensors.put("modality_trunks.audio.blocks.1.mlp.fc1.bias", Filler.tensor("x.bias", 63));
        tensors.put("modality_trunks.audio.blocks.1.extra", Filler.tensor("x.bias", 1));
        tensors.put("modality_trunks.text.blocks.0.norm_1.weight", Filler.tensor("x.bias", 1));
        Weights damaged = Weights.of("damaged.safetensors", tensors);
        var error =
                assertThrows(WeightsException.class, () -> ImageBind.load(backend, damaged, Tiny.IMAGEBIND, DType.F32));
        assertTrue(
                error.getMessage().contains("1 missing, 1 of another shape or type, 1 unexpected"), error.getMessage());
        assertTrue(error.getMessage().contains("fc1.bias: expected [64], got [63]"), error.getMessage());
    }
}
