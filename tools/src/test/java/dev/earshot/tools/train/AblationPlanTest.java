package dev.earshot.tools.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AblationPlanTest {
    @TempDir
    private Path folder;

    private AblationPlan read(String json) throws IOException {
        Path file = folder.resolve("plan.json");
        Files.writeString(file, json);
        return AblationPlan.read(file);
    }

    @Test
    void cellsInheritSettingsAndOverrideThem() throws IOException {
        AblationPlan plan = read(
                "{\"seed\": 3, \"settings\": {\"steps\": 20, \"lr\": 1e-3}, \"cells\": [{\"name\": \"a\"}, {\"name\": \"b\", \"lr\": 0.5, \"joint-centre\": true}]}");
        assertEquals(3, plan.seed());
        assertArrayEquals(
                new String[] {"--steps=20", "--lr=0.001"}, plan.cells().get(0).arguments());
        assertArrayEquals(
                new String[] {"--steps=20", "--lr=0.5", "--joint-centre"},
                plan.cells().get(1).arguments());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"cells\": []}",
                "{\"cell\": [{}]}",
                "{\"cells\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}",
                "{\"trainClips\": 0, \"cells\": [{}]}",
                "{\"cells\": [{}]} x"
            })
    void otherFilesAreRefusedByName(String json) {
        var refused = assertThrows(IllegalArgumentException.class, () -> read(json));
        assertTrue(refused.getMessage().contains("plan.json"), refused.getMessage());
    }
}
