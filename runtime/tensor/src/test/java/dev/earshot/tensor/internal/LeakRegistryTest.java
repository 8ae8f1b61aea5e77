package dev.earshot.tensor.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BackendProvider;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.LeakCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LeakRegistryTest {
    @Test
    void everyKindOfResourceIsListedWithItsStackUntilClosed() {
        for (BackendProvider provider : Backends.providers()) {
            if (provider.unavailable().isPresent()) {
                continue;
            }
            Set<LeakRegistry.Entry> before = Set.copyOf(LeakRegistry.open());
            Backend backend = Backends.open(provider.kind());
            Workspace workspace = backend.workspace(0);
            ParameterScope parameters = backend.parameters();
            Program program = backend.capture(b -> {});
            List<LeakRegistry.Entry> opened = LeakRegistry.open();
            opened.removeAll(before);
            assertEquals(4, opened.size(), opened.toString());
            for (LeakRegistry.Entry entry : opened) {
                assertTrue(
                        Arrays.stream(entry.getStackTrace())
                                .anyMatch(frame ->
                                        frame.getClassName().equals(getClass().getName())),
                        entry.toString());
            }
            program.close();
            parameters.close();
            workspace.close();
            backend.close();
            assertEquals(before, Set.copyOf(LeakRegistry.open()));
        }
    }

    @Test
    void theCheckNamesWhatWasLeftOpen() {
        List<LeakRegistry.Entry> before = LeakRegistry.open();
        ChunkWorkspace workspace = ChunkWorkspace.onHost(64, () -> {});
        String report = LeakCheck.report("SomeTest", before);
        workspace.close();
        assertTrue(report.startsWith("SomeTest left 1 resource(s) open"), report);
        assertTrue(report.contains("workspace of 64 bytes"), report);
        assertTrue(report.contains("theCheckNamesWhatWasLeftOpen"), report);
        assertEquals("", LeakCheck.report("SomeTest", before));
    }

    /** A program that forgets to close. */
    static final class Forgetful {
        private Forgetful() {}

        public static void main(String[] args) {
            ChunkWorkspace.onHost(4096, () -> {});
        }
    }

    @Test
    void aProgramThatEndsWithOpenResourcesIsTold() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        for (boolean enabled : new boolean[] {true, false}) {
            Process process = new ProcessBuilder(
                            java, "-Dearshot.leaks=" + enabled, "-cp", path, Forgetful.class.getName())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(enabled, output.contains("earshot: 1 resource(s) were never closed"), output);
            assertEquals(enabled, output.contains("LeakRegistryTest$Forgetful.main"), output);
        }
    }
}
