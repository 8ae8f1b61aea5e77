package dev.earshot.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher hands {@code bench} to this module; run on a copy with a Java that prints its arguments. */
class LauncherTest {
    @TempDir
    private Path home;

    private String launch(String... arguments) throws IOException, InterruptedException {
        Files.copy(Path.of("..", "earshot"), home.resolve("earshot"), StandardCopyOption.COPY_ATTRIBUTES);
        Path script = Files.createDirectories(home.resolve("tools/jdk")).resolve("find-jdk.sh");
        Files.writeString(script, "earshot_find_jdk() { export JAVA_HOME='" + home + "'; }\n");
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nfor word in \"$@\"; do echo \"[$word]\"; done\n");
        assertTrue(java.toFile().setExecutable(true));
        String[] command = new String[arguments.length + 1];
        command[0] = home.resolve("earshot").toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("EARSHOT_NO_BUILD", "1");
        builder.environment().remove("EARSHOT_JAVA_OPTS");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    void benchGoesToTheBenchmarksWithItsOwnArguments() throws Exception {
        String output = launch("bench", "--only", "peaks", "--out", "a folder");
        assertTrue(
                output.endsWith("[dev.earshot.bench.suite.BenchCommand]\n[--only]\n[peaks]\n[--out]\n[a folder]\n"),
                output);
        assertTrue(output.contains("[" + home.toAbsolutePath() + "/bench/target/app/*]"), output);
        assertTrue(output.contains("[-Dearshot.home=" + home.toAbsolutePath() + "]"), output);
    }

    @Test
    void otherCommandsDoNot() throws Exception {
        String output = launch("segment", "bench");
        assertTrue(output.endsWith("[segment]\n[bench]\n"), output);
        assertTrue(!output.contains("BenchCommand"), output);
    }
}
