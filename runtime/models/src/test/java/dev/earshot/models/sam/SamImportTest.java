package dev.earshot.models.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.models.Tiny;
import dev.earshot.models.checkpoint.CheckpointImport;
import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Weights;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of a published file: {@code .pth} that PyTorch wrote (make_sam_checkpoints.py), safetensors, model. */
final class SamImportTest {
    private static final SamConfig CONFIG = new SamConfig(
            new SamGrid(3, 5, 2),
            new SamConfig.Encoder(8, 2, 2, 12, 2, List.of(1), 16),
            new SamConfig.Decoder(16, 4, 2, 8, 10, 2, 6, 3, 3),
            false);

    @TempDir
    Path folder;

    private Weights imported(String name) throws URISyntaxException {
        Path target = folder.resolve(name + ".safetensors");
        CheckpointImport.convert(
                Path.of(SamImportTest.class
                        .getResource("/checkpoints/" + name + ".pth")
                        .toURI()),
                target);
        return Weights.open(target);
    }

    private static float[] embed(Weights weights) {
        try (Backend b = new ReferenceBackend();
                ParameterScope scope = b.parameters();
                Workspace ws = b.workspace(1 << 16)) {
            SamImageEncoder encoder = SamImageEncoder.load(scope, weights, CONFIG.grid(), CONFIG.encoder(), DType.F32);
            return b.download(encoder.embed(b, ws, b.upload(ws, Tiny.input("image", 1, 3, 6, 10), DType.F32)));
        }
    }

    @Test
    void bothFamiliesOfNamesComeThroughTheConverterAsTheSameModel() throws URISyntaxException {
        try (Weights original = imported("sam_original");
                Weights huggingFace = imported("sam_hugging_face")) {
            assertEquals(CONFIG, SamConfig.of(original));
            assertEquals(CONFIG, SamConfig.of(huggingFace));
            assertEquals("SAM of width 8 and depth 2 (original names)", CheckpointGuess.describe(original));
            assertEquals("SAM of width 8 and depth 2 (Hugging Face names)", CheckpointGuess.describe(huggingFace));
            assertArrayEquals(embed(original), embed(huggingFace));
        }
    }

    /** The Fourier matrix has two names in Hugging Face's files, tied or not, or only one of them. */
    @Test
    void theFourierMatrixIsFoundUnderEitherOfItsNames() throws URISyntaxException {
        try (Weights original = imported("sam_original");
                Weights huggingFace = imported("sam_hugging_face")) {
            float[] expected = original.read(SamKeys.FOURIER).toFloats();
            for (String missing : List.of("", "shared_image_embedding.", "prompt_encoder.shared_embedding.")) {
                var tensors = Tiny.renamed(huggingFace, key -> key);
                for (String name : List.of("shared_image_embedding.", "prompt_encoder.shared_embedding.")) {
                    tensors.put(name + "positional_embedding", original.read(SamKeys.FOURIER));
                }
                tensors.remove(missing + "positional_embedding");
                SamLoader loader = SamLoader.of(Weights.of("file", tensors), "SAM");
                var fourier = loader.fourier(8);
                loader.finish();
                assertArrayEquals(expected, fourier.floats());
            }
            SamLoader tied = SamLoader.of(huggingFace, "SAM");
            var fourier = tied.fourier(8);
            tied.finish();
            assertArrayEquals(expected, fourier.floats());
        }
    }
}
