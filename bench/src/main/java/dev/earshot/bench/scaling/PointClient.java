package dev.earshot.bench.scaling;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The other end of a {@link PointProcess}. */
final class PointClient implements AutoCloseable {
    private final Process process;
    private final String name;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    /** Starts a process and waits until its workload is loaded. */
    PointClient(String workload, int size, String backend, String heap) {
        name = workload + " " + size;
        try {
            process = new ProcessBuilder(javaCommand(heap, PointProcess.class.getName(), workload, "" + size, backend))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": java did not start", e);
        }
        commands = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        try {
            answer();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Java of this process with its class path, the serial collector and a heap of the given bound. */
    static String[] javaCommand(String heap, String main, String... arguments) {
        List<String> flags = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx" + heap,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main);
        return java.util.stream.Stream.concat(flags.stream(), java.util.Arrays.stream(arguments))
                .toArray(String[]::new);
    }

    /** Mean milliseconds of so many runs. */
    double run(int runs) {
        return Double.parseDouble(ask("run " + runs));
    }

    /** Collects garbage and counts the peak of memory from here. */
    void resetPeak() {
        ask("reset");
    }

    /** The most memory resident since {@link #resetPeak}, MB. */
    double peakMegabytes() {
        return Double.parseDouble(ask("peak"));
    }

    private String ask(String command) {
        try {
            commands.write(command);
            commands.newLine();
            commands.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": the process is gone", e);
        }
        return answer();
    }

    private String answer() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException(
                        name + ": expected an answer, got the end of its output; its errors stand above");
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    @Override
    public void close() {
        try {
            commands.close();
        } catch (IOException e) {
            System.getLogger(PointClient.class.getName()).log(System.Logger.Level.DEBUG, name, e);
        }
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
