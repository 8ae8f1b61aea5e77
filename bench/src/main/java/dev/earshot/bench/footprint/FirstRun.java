package dev.earshot.bench.footprint;

import dev.earshot.bench.result.ResidentMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A fresh JVM up to its first results.
 *
 * @param firstMillis from starting the process to the result of one row, reading the weights included
 * @param megabytes resident then
 * @param nextMillis from asking for it to the result of 197 rows, the second call in that JVM
 */
record FirstRun(double firstMillis, double megabytes, double nextMillis) {
    /**
     * Runs one.
     *
     * @param engine what to start
     * @param caches folder in which it may keep its unpacked libraries
     * @param network the weights
     * @param results file for the results
     * @param flags more flags of the JVM
     */
    static FirstRun of(Engine engine, Path caches, Path network, Path results, String... flags) throws IOException {
        Path errors = Files.createTempFile("earshot-footprint-", ".log");
        try {
            Path temporary = Files.createDirectories(caches.resolve("tmp"));
            ProcessBuilder builder = new ProcessBuilder(command(engine, caches, temporary, network, results, flags))
                    .redirectError(errors.toFile());
            builder.environment().put("EARSHOT_CACHE", caches.resolve("earshot").toString());
            builder.environment().put("DJL_CACHE_DIR", caches.resolve("djl").toString());
            builder.environment().put("ENGINE_CACHE_DIR", caches.resolve("djl").toString());
            builder.environment().put("DJL_OFFLINE", "true");
            builder.environment().put("OPT_OUT_TRACKING", "true");
            builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
            long start = System.nanoTime();
            Process process = builder.start();
            try (BufferedReader answers = process.inputReader(StandardCharsets.UTF_8)) {
                await(answers, "first");
                double first = (System.nanoTime() - start) / 1e6;
                double megabytes = ResidentMemory.megabytes(process.pid());
                long asked = System.nanoTime();
                go(process);
                await(answers, "second");
                double next = (System.nanoTime() - asked) / 1e6;
                go(process);
                int status = process.waitFor();
                if (status != 0) {
                    throw new IOException("exit status " + status);
                }
                return new FirstRun(first, megabytes, next);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new IOException(engine.name() + ": " + e.getMessage() + tail(errors), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(engine.name() + ": interrupted", e);
        } finally {
            Files.deleteIfExists(errors);
        }
    }

    private static List<String> command(
            Engine engine, Path caches, Path temporary, Path network, Path results, String... flags) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + temporary,
                "-Dai.djl.offline=true",
                "-Dorg.bytedeco.javacpp.cachedir=" + caches.resolve("javacpp"),
                "-cp",
                engine.classPath(),
                "dev.earshot.footprint.FirstInference",
                network.toString(),
                results.toString()));
        command.addAll(1, List.of(flags));
        return command;
    }

    private static void go(Process process) throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    /** Skips what engines print about themselves. */
    private static void await(BufferedReader answers, String word) throws IOException {
        String line = answers.readLine();
        while (line != null && !line.equals(word)) {
            line = answers.readLine();
        }
        if (line == null) {
            throw new IOException("expected it to say " + word + ", got the end of its output");
        }
    }

    private static String tail(Path errors) throws IOException {
        List<String> lines = Files.readAllLines(errors);
        return lines.stream()
                .filter(line -> !line.isBlank())
                .limit(3)
                .reduce("", (all, line) -> all + "; " + line.strip());
    }
}
