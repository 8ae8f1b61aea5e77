package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher passes to Java, asked of a java that prints its arguments. */
class LauncherTest {
    @TempDir
    private Path root;

    private Path app;
    private Path home;

    @BeforeEach
    void installation() throws IOException {
        app = Files.createDirectories(root.resolve("tools/target/app"));
        Files.createDirectories(root.resolve("tools/jdk"));
        Files.copy(Path.of("..", "earshot"), root.resolve("earshot"));
        Files.copy(Path.of("jdk", "find-jdk.sh"), root.resolve("tools/jdk/find-jdk.sh"));
        home = jdk("first", "25.0.3");
    }

    private Path jdk(String name, String version) throws IOException {
        Path folder = root.resolve(name);
        Files.createDirectories(folder.resolve("bin"));
        for (String program : new String[] {"java", "javac"}) {
            Path file = Files.writeString(
                    folder.resolve("bin").resolve(program), "#!/bin/sh\nfor a; do echo \"$a\"; done\n");
            assertTrue(file.toFile().setExecutable(true));
        }
        Files.writeString(folder.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return folder;
    }

    /** An AOT cache that the first JDK made. */
    private void cacheOfTheFirst() throws IOException {
        Files.writeString(app.resolve("earshot.aot"), "cache");
        Files.copy(home.resolve("release"), app.resolve("earshot.aot.release"));
    }

    private String launched(Path jdk, Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder process = new ProcessBuilder(
                        "/bin/bash", root.resolve("earshot").toString(), "segment", "a clip.mp4")
                .redirectErrorStream(true);
        process.environment().keySet().removeIf(name -> name.startsWith("EARSHOT_"));
        process.environment().put("EARSHOT_NO_BUILD", "1");
        process.environment().put("EARSHOT_JAVA_HOME", jdk.toString());
        process.environment().putAll(environment);
        Process running = process.start();
        String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, running.waitFor(), output);
        assertTrue(output.endsWith("earshot.jar\nsegment\na clip.mp4\n"), output);
        return output;
    }

    private String cache() {
        return "-XX:AOTCache=" + app.resolve("earshot.aot");
    }

    private String archive() {
        return "-XX:SharedArchiveFile=" + app.resolve("earshot.jsa");
    }

    @Test
    void theCacheIsUsedByTheJdkThatMadeIt() throws Exception {
        cacheOfTheFirst();
        String flags = launched(home, Map.of());
        assertTrue(flags.contains(cache()), flags);
        assertFalse(flags.contains("-Xshare"), "the older flags exclude the cache: " + flags);
        assertFalse(flags.contains("SharedArchiveFile"), flags);
    }

    @Test
    void anotherJdkTakesTheClassDataArchive() throws Exception {
        cacheOfTheFirst();
        for (Path other : new Path[] {jdk("newer", "25.0.4"), jdk("oldest", "22")}) {
            String flags = launched(other, Map.of());
            assertFalse(flags.contains("AOTCache"), flags);
            assertTrue(flags.contains(archive()), flags);
        }
    }

    @Test
    void aJdkThatWasReplacedInItsFolderDoesNotTakeTheOldCache() throws Exception {
        cacheOfTheFirst();
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25.0.9\"\n");
        assertFalse(launched(home, Map.of()).contains("AOTCache"));
    }

    @Test
    void withoutACacheOrItsMakerTheClassDataArchiveIsUsed() throws Exception {
        assertTrue(launched(home, Map.of()).contains(archive()));
        Files.writeString(app.resolve("earshot.aot"), "of an unknown JDK");
        String flags = launched(home, Map.of());
        assertTrue(flags.contains(archive()), flags);
        assertFalse(flags.contains("AOTCache"), flags);
    }

    @Test
    void theCacheFollowsTheFolder() throws Exception {
        cacheOfTheFirst();
        Path moved = Files.createDirectories(root.resolve("moved"));
        Files.move(root.resolve("tools"), moved.resolve("tools"));
        Files.move(root.resolve("earshot"), moved.resolve("earshot"));
        root = moved;
        app = moved.resolve("tools/target/app");
        assertTrue(launched(home, Map.of()).contains(cache()));
    }

    @Test
    void aUserLeavesTheArchiveOutOrSharesInAnotherWay() throws Exception {
        cacheOfTheFirst();
        String without = launched(home, Map.of("EARSHOT_ARCHIVE", "no"));
        assertFalse(without.contains("AOTCache") || without.contains("SharedArchiveFile"), without);
        String classData = launched(home, Map.of("EARSHOT_ARCHIVE", "cds"));
        assertTrue(classData.contains(archive()) && !classData.contains("AOTCache"), classData);
        String own = launched(home, Map.of("EARSHOT_JAVA_OPTS", "-Xshare:off -Xmx1g"));
        assertFalse(own.contains("AOTCache"), own);
        assertTrue(own.contains("-Xshare:off\n-Xmx1g\n"), own);
    }
}
