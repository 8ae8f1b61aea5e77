package dev.earshot.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs the command line in a JVM of its own: a process uses one CUDA driver, and some fail on purpose. */
final class ChildCommand {
    private ChildCommand() {}

    /** Exit status and what was printed, both streams together. */
    record Result(int status, String output) {}

    /** Runs {@code earshot} with these arguments; no CUDA setting but those given reaches it. */
    static Result run(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("SIMCUDA_"));
        for (String name : List.of("EARSHOT_SIMCUDA_DIR", "EARSHOT_CUBLASLT_DIR", "EARSHOT_CUDNN_DIR", "CUDA_HOME")) {
            builder.environment().remove(name);
        }
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }
}
