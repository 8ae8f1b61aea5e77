package dev.earshot.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OneDnnLoaderTest {
    @TempDir
    Path temporary;

    private static String failure(String folder) {
        UnpackCache unused = new UnpackCache(List.of());
        return assertThrows(NativeLibraryException.class, () -> OneDnnLoader.load(folder, unused))
                .getMessage();
    }

    private static void assertContains(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> part + " not in: " + text);
        }
    }

    @Test
    void explicitFolderWithoutTheLibraryIsAnError() {
        assertContains(failure("/no/such"), "libdnnl.so.3", "/no/such", "no such folder", "EARSHOT_ONEDNN_DIR");
        assertContains(failure(temporary.toString()), temporary.toString(), "it has no libdnnl.so.3");
    }

    @Test
    void explicitFolderWithABrokenLibraryIsAnError() throws Exception {
        Files.writeString(temporary.resolve("libdnnl.so.3"), "not a library");
        Map<String, String> environment = Map.of("EARSHOT_ONEDNN_DIR", temporary.toString());
        ChildJvm.Result result = ChildJvm.finish(ChildJvm.start(ChildJvm.classPath(), environment, LoadMain.class));
        assertEquals(3, result.status(), result.output());
        assertContains(result.output(), temporary.toString(), "file too short", "reference backend");
    }

    @Test
    void reportNamesVersionAndFolder() {
        LibraryReport report = NativeLibraries.loadOneDnn();
        assertEquals("oneDNN", report.library());
        assertTrue(report.version().startsWith("3.11."), report.version());
        assertTrue(Files.isRegularFile(report.folder().resolve("libdnnl.so.3")), report.toString());
        assertEquals("loaded", report.attempts().getLast().outcome());
        assertEquals(report, NativeLibraries.loadOneDnn());
    }

    @Test
    void explicitFolderWins() throws Exception {
        Path folder = NativeLibraries.loadOneDnn().folder();
        Map<String, String> environment = Map.of("EARSHOT_ONEDNN_DIR", folder.toString());
        ChildJvm.Result result = ChildJvm.finish(ChildJvm.start(withoutOneDnn(), environment, LoadMain.class));
        assertEquals(0, result.status(), result.output());
        assertContains(result.output(), "oneDNN 3.11.", "from " + folder, "EARSHOT_ONEDNN_DIR");
    }

    @Test
    void withoutTheArtifactClassesLoadAndTheMessageNamesIt() throws Exception {
        Map<String, String> environment = Map.of("EARSHOT_CACHE", temporary.toString());
        ChildJvm.Result result = ChildJvm.finish(ChildJvm.start(withoutOneDnn(), environment, LoadMain.class));
        assertEquals(3, result.status(), result.output());
        assertContains(result.output(), "org.bytedeco:dnnl", "not found on the class path", "same failure again");
    }

    private static String withoutOneDnn() {
        return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(ChildJvm.classPath())
                .filter(entry -> !entry.contains("bytedeco"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Loads oneDNN and prints the report; status 3 and the message if that fails. */
    static final class LoadMain {
        private LoadMain() {}

        public static void main(String[] arguments) throws ReflectiveOperationException {
            Class.forName("dev.earshot.bindings.onednn.dnnl");
            Class.forName("dev.earshot.bindings.OpenMp");
            try {
                LibraryReport report = NativeLibraries.loadOneDnn();
                System.out.println(report + " " + report.attempts());
            } catch (NativeLibraryException e) {
                System.out.println(e.getMessage());
                NativeLibraryException again = assertThrows(NativeLibraryException.class, NativeLibraries::loadOneDnn);
                System.out.println(again == e ? "same failure again" : "another failure");
                System.exit(3);
            }
        }
    }
}
