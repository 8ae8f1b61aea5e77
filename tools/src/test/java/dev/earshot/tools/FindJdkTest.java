package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launchers' search for a JDK, against folders that look like JDKs. */
class FindJdkTest {
    @TempDir
    private Path root;

    private Path jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(root.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        for (String program : new String[] {"java", "javac"}) {
            Path file = Files.writeString(home.resolve("bin").resolve(program), "#!/bin/sh\n");
            assertTrue(file.toFile().setExecutable(true));
        }
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    /** Exit status and output of the search, with the given environment and no other. */
    private String find(Map<String, String> environment) throws IOException, InterruptedException {
        Path script = Path.of("jdk", "find-jdk.sh").toAbsolutePath();
        ProcessBuilder process = new ProcessBuilder(
                        "/bin/bash", "-euc", ". '" + script + "'; earshot_find_jdk || exit $?; echo found $JAVA_HOME")
                .redirectErrorStream(true);
        process.environment().clear();
        process.environment().put("PATH", pathWithoutJava().toString());
        process.environment().put("HOME", root.toString());
        process.environment().put("EARSHOT_JDK_FOLDERS", root.resolve("none").toString());
        process.environment().putAll(environment);
        Process running = process.start();
        String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return running.waitFor() + " " + output.strip();
    }

    /** A folder with only the programs the script needs, so that a java of this machine is not found by accident. */
    private Path pathWithoutJava() throws IOException {
        Path folder = Files.createDirectories(root.resolve("path"));
        for (String program : new String[] {"sed", "dirname", "readlink"}) {
            Path real = Files.exists(Path.of("/usr/bin", program))
                    ? Path.of("/usr/bin", program)
                    : Path.of("/bin", program);
            Path script = Files.writeString(folder.resolve(program), "#!/bin/sh\nexec " + real + " \"$@\"\n");
            assertTrue(script.toFile().setExecutable(true));
        }
        return folder;
    }

    @Test
    void javaHomeWinsIfItIsNewEnough() throws Exception {
        Path fit = jdk("fit", "22.0.1");
        Path newer = jdk("newer", "25.0.3");
        assertEquals(
                "0 found " + fit, find(Map.of("JAVA_HOME", fit.toString(), "EARSHOT_JDK_FOLDERS", newer.toString())));
    }

    @Test
    void anOldJavaHomeIsPassedOverForTheNewestJdkOfTheFolders() throws Exception {
        Path old = jdk("old", "17.0.15");
        jdk("jvm/a", "22");
        Path newest = jdk("jvm/b", "25.0.3");
        assertEquals(
                "0 found " + newest,
                find(Map.of("JAVA_HOME", old.toString(), "EARSHOT_JDK_FOLDERS", root.resolve("jvm") + "/*")));
    }

    @Test
    void withoutAFitJdkItSaysWhatItSawAndWhatToInstall() throws Exception {
        Path old = jdk("old", "17.0.15");
        Files.createDirectories(root.resolve("empty"));
        String output = find(Map.of(
                "JAVA_HOME",
                old.toString(),
                "EARSHOT_JAVA_HOME",
                root.resolve("empty").toString()));
        assertTrue(output.startsWith("3 earshot: expected a JDK 22 or newer"), output);
        assertTrue(output.contains(old + " (JDK 17)"), output);
        assertTrue(output.contains(root.resolve("empty") + " (no complete JDK)"), output);
        assertTrue(output.contains("Install one"), output);
    }
}
