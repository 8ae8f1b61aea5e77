package dev.earshot.tensor.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ShardedWeightsTest {
    @TempDir
    Path folder;

    @BeforeEach
    void writeShards() {
        new SafetensorsWriter().tensor("a", new float[] {1}, 1).write(folder.resolve("m-1.safetensors"));
        new SafetensorsWriter()
                .tensor("b", new float[] {2}, 1)
                .tensor("c", new float[] {3}, 1)
                .write(folder.resolve("m-2.safetensors"));
    }

    @Test
    void tensorsComeFromTheirShards() throws IOException {
        Path index = index("""
                {"metadata": {"total_size": 12, "x": [1.5e3, null, true, {"y": -0.1}]},
                 "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-2.safetensors"}}
                """);
        try (Weights weights = Weights.open(index)) {
            assertEquals(Set.of("a", "b", "c"), weights.keys());
            assertArrayEquals(new float[] {1}, weights.read("a").toFloats());
            assertArrayEquals(new float[] {3}, weights.read("c").toFloats());
        }
        try (Weights weights = Weights.open(folder)) {
            assertEquals(3, weights.keys().size());
        }
    }

    @Test
    void indexAndShardsMustAgree() throws IOException {
        refused("{\"weight_map\": {\"a\": \"m-1.safetensors\", \"z\": \"m-2.safetensors\"}}", "different versions");
        refused("{\"weight_map\": {\"a\": \"m-1.safetensors\", \"b\": \"m-2.safetensors\"}}", "different versions");
        refused("{\"weight_map\": {\"b\": \"m-1.safetensors\", \"c\": \"m-2.safetensors\"}}", "different versions");
    }

    @Test
    void missingShardIsNamed() throws IOException {
        Path index = index("{\"weight_map\": {\"a\": \"m-3.safetensors\"}}");
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> Weights.open(index));
        assertTrue(e.getMessage().contains("m-3.safetensors"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../m-1.safetensors",
                "/etc/m-1.safetensors",
                "sub/m-1.safetensors",
                "sub\\\\m-1.safetensors",
                "C:m-1.safetensors",
                "..",
                ".m-1.safetensors",
                "m-1.safetensors\\u0000",
                "m-1.bin",
                ""
            })
    void shardNamesOutsideTheFolderAreRefused(String name) throws IOException {
        refused("{\"weight_map\": {\"a\": \"" + name + "\"}}", "a plain file name");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"weight_map\": {}}",
                "{\"weight_map\": {\"a\": 1}}",
                "{\"weight_map\": {\"a\": \"m-1.safetensors\", \"a\": \"m-1.safetensors\"}}",
                "{\"weight_map\": {\"a\": \"m-1.safetensors\"}, \"weight_map\": {\"a\": \"m-1.safetensors\"}}",
                "{\"weight_map\": {\"a\": \"m-1.safetensors\"}} x",
                "{\"metadata\": 01, \"weight_map\": {\"a\": \"m-1.safetensors\"}}",
                "{\"metadata\": .5, \"weight_map\": {\"a\": \"m-1.safetensors\"}}",
                "{\"metadata\": 1., \"weight_map\": {\"a\": \"m-1.safetensors\"}}",
                "{\"metadata\": [[[[]]]], \"weight_map\": {\"a\": \"m-1.safetensors\"}}",
                "{\"metadata\": {\"x\": 1, \"x\": 1}, \"weight_map\": {\"a\": \"m-1.safetensors\"}}",
                "{\"metadata\": nul, \"weight_map\": {\"a\": \"m-1.safetensors\"}}"
            })
    void malformedIndexIsRefused(String json) throws IOException {
        refused(json, "index");
    }

    private void refused(String json, String reason) throws IOException {
        Path index = index(json);
        WeightsException e = assertThrows(WeightsException.class, () -> Weights.open(index));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    private Path index(String json) throws IOException {
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, json, StandardCharsets.UTF_8);
        return index;
    }
}
