package dev.earshot.bindings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts classes of the tests in JVMs of their own, for what happens once per process or between processes. */
final class ChildJvm {
    private ChildJvm() {}

    /** What a finished process printed, both streams together, and its exit status. */
    record Result(int status, String output) {}

    /** Class path of the running test. */
    static String classPath() {
        return System.getProperty("java.class.path");
    }

    static Process start(String classPath, Map<String, String> environment, Class<?> main, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx256m",
                "-cp",
                classPath,
                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        for (String name : List.of("EARSHOT_CACHE", "EARSHOT_ONEDNN_DIR", "XDG_CACHE_HOME", "JAVA_TOOL_OPTIONS")) {
            builder.environment().remove(name);
        }
        builder.environment().putAll(environment);
        return builder.start();
    }

    static Result finish(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output.strip());
    }
}
