package dev.earshot.bench.scaling;

import dev.earshot.bench.peers.Workload;
import dev.earshot.bench.result.ResidentMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * One size of a workload in a process of its own, so that no size inherits the memory or the compiled code of another.
 * Answers each line of its input with one line: {@code run N} with the mean milliseconds of N runs, {@code reset} after
 * it has set the peak of memory back, {@code peak} with that peak in MB. Ends with its input.
 */
final class PointProcess {
    private PointProcess() {}

    /** Arguments: workload, size, backend. */
    public static void main(String[] arguments) throws IOException {
        PrintStream answers = System.out;
        try (Workload workload = ScalingWorkloads.open(arguments[0], Integer.parseInt(arguments[1]), arguments[2])) {
            answers.println("ready");
            BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                answers.println(answer(workload, line));
            }
        }
    }

    static String answer(Workload workload, String line) {
        String[] words = line.split(" ");
        return switch (words[0]) {
            case "run" -> Double.toString(meanMillis(workload, Integer.parseInt(words[1])));
            case "reset" -> {
                System.gc();
                ResidentMemory.resetPeak();
                yield "ok";
            }
            case "peak" ->
                Double.toString(
                        ResidentMemory.peakMegabytes(ProcessHandle.current().pid()));
            default -> throw new IllegalArgumentException("command: expected run N, reset or peak, got " + line);
        };
    }

    private static double meanMillis(Workload workload, int runs) {
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            workload.run();
        }
        return (System.nanoTime() - start) / 1e6 / runs;
    }
}
