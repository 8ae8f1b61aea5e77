package dev.earshot.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch wrote (see {@code src/test/python/make_checkpoints.py}) against the tensors PyTorch had. */
final class CheckpointImportTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zip_state_dict",
                "zip_types",
                "zip_views",
                "zip_tied",
                "legacy_state_dict",
                "legacy_types",
                "legacy_views",
                "legacy_tied",
                "half",
                "bf16",
                "parameter",
                "namespace",
                "training",
                "extras",
                "dino_teacher",
                "dino_teacher_ddp",
                "data_parallel"
            })
    void tensorsAreThoseOfPyTorch(String name) throws IOException {
        Path converted = folder.resolve("converted.safetensors");
        CheckpointImport.Report report = CheckpointImport.convert(TestCheckpoints.path(name + ".pth"), converted);
        Safetensors expected =
                Safetensors.parse(TestCheckpoints.bytes(name + ".expected.safetensors"), name + ".expected");
        try (Safetensors got = Safetensors.open(converted)) {
            for (String key : expected.keys()) {
                WeightEntry entry = expected.entry(key);
                assertEquals(entry.type(), got.entry(key).type(), key);
                assertEquals(entry.shape(), got.entry(key).shape(), key);
                assertArrayEquals(
                        expected.bytes(key).toArray(ValueLayout.JAVA_BYTE),
                        got.bytes(key).toArray(ValueLayout.JAVA_BYTE),
                        key);
            }
            Set<String> surplus = new LinkedHashSet<>(got.keys());
            surplus.removeAll(expected.keys());
            assertEquals(Set.of(), surplus);
            assertEquals(expected.keys().size(), report.tensors() + report.tied());
            assertEquals(got.keys().size(), report.tensors());
        }
    }

    @Test
    void tiedTensorsAreWrittenOnce() throws IOException {
        Path converted = folder.resolve("tied.safetensors");
        CheckpointImport.Report report = CheckpointImport.convert(TestCheckpoints.path("zip_tied.pth"), converted);
        assertEquals(1, report.tied());
        try (Safetensors got = Safetensors.open(converted)) {
            assertEquals(Set.of("embed.weight", "half.weight", "head.bias"), got.keys());
            assertEquals("embed.weight", got.metadata().get("head.weight"));
            assertTrue(got.contains("head.weight"));
        }
    }

    @Test
    void tiedNameThatIsAlsoAMetadataKeyKeepsItsTensor() throws IOException {
        Path source = folder.resolve("odd.pth");
        PickleBuilder pickle = PickleBuilder.pickle()
                .op('}')
                .text("w")
                .tensor()
                .ops("q\0s")
                .text("format")
                .ops("h\0s");
        Files.write(source, pickle.text("other").ops("h\0s.").legacy(2));
        Path converted = folder.resolve("odd.safetensors");
        CheckpointImport.Report report = CheckpointImport.convert(source, converted);
        try (Safetensors got = Safetensors.open(converted)) {
            assertEquals(Set.of("w", "format"), got.keys());
            assertEquals("pt", got.metadata().get("format"));
            for (String name : new String[] {"w", "format", "other"}) {
                assertArrayEquals(new float[] {1, 2}, got.read(name).toFloats(), name);
            }
        }
        assertEquals(1, report.tied());
    }

    @Test
    void wrapperWithoutTensorsIsNoWrapper() throws IOException {
        Path source = folder.resolve("settings.pth");
        PickleBuilder pickle = PickleBuilder.pickle()
                .op('}')
                .text("model")
                .op('}')
                .text("depth")
                .ops("K\14ss");
        Files.write(
                source,
                pickle.text("state_dict").op('}').text("w").tensor().ops("ss.").legacy(2));
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            assertEquals(Set.of("w"), checkpoint.entries().keySet());
        }
    }

    @Test
    void namesOfPython2AreRead() throws IOException {
        Path source = folder.resolve("python2.pth");
        Files.write(
                source, PickleBuilder.pickle().ops("}U\1w").tensor().ops("s.").legacy(2));
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            assertEquals(Set.of("w"), checkpoint.entries().keySet());
        }
    }

    @Test
    void metadataNamesTheSourceAndItsHash() throws Exception {
        Path converted = folder.resolve("half.safetensors");
        CheckpointImport.Report report = CheckpointImport.convert(TestCheckpoints.path("half.pth"), converted);
        byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(TestCheckpoints.bytes("half.pth"));
        String expected = java.util.HexFormat.of().formatHex(digest);
        assertEquals(expected, report.sourceSha256());
        try (Safetensors got = Safetensors.open(converted)) {
            assertEquals(expected, got.metadata().get(CheckpointImport.SOURCE_SHA256));
            assertEquals("half.pth", got.metadata().get(CheckpointImport.SOURCE_NAME));
            assertEquals("pt", got.metadata().get("format"));
        }
    }

    @Test
    void progressEndsAtTheWholeFile() {
        Map<String, Long> last = new LinkedHashMap<>();
        CheckpointImport.Report report = CheckpointImport.convert(
                TestCheckpoints.path("half.pth"), folder.resolve("half.safetensors"), (step, done, total) -> {
                    assertTrue(done <= total);
                    last.put(step, total - done);
                });
        assertEquals(Map.of("hashing", 0L, "writing", 0L), last);
        assertEquals(9, report.tensors());
    }

    @Test
    void droppedThingsAreNamed() throws IOException {
        Path converted = folder.resolve("x.safetensors");
        String warnings = String.join(
                "\n",
                CheckpointImport.convert(TestCheckpoints.path("namespace.pth"), converted)
                        .warnings());
        assertTrue(warnings.contains("\"args\" beside \"model\" dropped: an object of argparse Namespace"), warnings);
        assertTrue(warnings.contains("\"epoch\" beside \"model\" dropped: the integer 7"), warnings);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "refused_whole_module.pth|an object of __main__ Net",
                "refused_list.pth|a list of 1",
                "refused_no_tensors.pth|none in a dictionary of 2 with keys \"epoch\", \"note\"",
                "refused_torchscript.pt|a TorchScript archive",
                "refused_complex.pth|torch ComplexFloatStorage",
                "refused_protocol_4.pth|expected protocol 2",
                "official.safetensors|it needs no conversion"
            })
    void whatCannotBeReadAsDataIsRefusedWithTheReason(String fileAndReason) throws IOException {
        String[] parts = fileAndReason.split("\\|");
        Path target = folder.resolve("out.safetensors");
        WeightsException e = assertThrows(
                WeightsException.class, () -> CheckpointImport.convert(TestCheckpoints.path(parts[0]), target));
        assertTrue(e.getMessage().contains(parts[1]), e.getMessage());
        assertTrue(e.getMessage().contains(parts[0]), e.getMessage());
        assertFalse(Files.exists(target));
    }

    @Test
    void missingFileIsAnInputError() {
        assertThrows(
                UncheckedIOException.class,
                () -> CheckpointImport.convert(folder.resolve("none.pth"), folder.resolve("out.safetensors")));
    }

    @Test
    void convertingAFileOntoItselfIsRefused() throws IOException {
        Path copy = folder.resolve("same.pth");
        Files.write(copy, TestCheckpoints.bytes("half.pth"));
        assertThrows(IllegalArgumentException.class, () -> CheckpointImport.convert(copy, copy));
        assertArrayEquals(TestCheckpoints.bytes("half.pth"), Files.readAllBytes(copy));
    }

    @Test
    void everyDtypeOfTheOfficialWriterIsRead() throws IOException {
        Safetensors official = Safetensors.parse(TestCheckpoints.bytes("official.safetensors"), "official");
        Safetensors expected =
                Safetensors.parse(TestCheckpoints.bytes("legacy_types.expected.safetensors"), "expected");
        assertEquals(Set.copyOf(expected.keys()), Set.copyOf(official.keys()));
        assertEquals("ä\n\"x\"", official.metadata().get("note"));
        for (String key : expected.keys()) {
            assertEquals(expected.entry(key).type(), official.entry(key).type());
            assertArrayEquals(
                    expected.bytes(key).toArray(ValueLayout.JAVA_BYTE),
                    official.bytes(key).toArray(ValueLayout.JAVA_BYTE));
            assertArrayEquals(expected.read(key).toFloats(), official.read(key).toFloats());
        }
    }
}
