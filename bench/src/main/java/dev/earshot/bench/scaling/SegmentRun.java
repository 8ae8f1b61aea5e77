package dev.earshot.bench.scaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.bench.result.ResidentMemory;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;

/**
 * {@code earshot segment} with the demo weights in a fresh process, from start to end: masks, overlay and contact sheet
 * included, as a user gets them by default.
 *
 * @param millis wall time of the process
 * @param megabytes the most it had resident: its own high-water mark, last read at most {@value #POLL_MILLIS} ms before
 *     its end
 * @param withDecoders the most that it and its FFmpeg processes had resident together, looked at every
 *     {@value #POLL_MILLIS} ms
 * @param stages how busy each stage was over all clips: share of the time, and frames per second that it would reach alone
 */
record SegmentRun(double millis, double megabytes, double withDecoders, Map<String, Stage> stages) {
    /**
     * The Java heap: small, since what is measured is that nothing grows. A clip of two minutes or more ends with a contact
     * sheet of 120 frames, which does not fit into 128 MB beside the rest.
     */
    static final String HEAP = "256m";

    private static final int POLL_MILLIS = 50;

    /**
     * How busy a stage was.
     *
     * @param share of the wall time, 0 to 1
     * @param framesPerSecond if it never waited
     */
    record Stage(double share, double framesPerSecond) {}

    static SegmentRun of(Path scratch, List<Path> clips) {
        Path out = scratch.resolve("out");
        Path printed = scratch.resolve("printed.json");
        Path errors = scratch.resolve("errors.txt");
        List<String> arguments =
                new ArrayList<>(List.of("segment", "--out", out.toString(), "--quiet", "--json", "--timings"));
        clips.forEach(clip -> arguments.add(clip.toString()));
        try {
            deleteTree(out);
            long start = System.nanoTime();
            Process process = new ProcessBuilder(
                            PointClient.javaCommand(HEAP, "dev.earshot.tools.Main", arguments.toArray(String[]::new)))
                    .redirectError(errors.toFile())
                    .redirectOutput(printed.toFile())
                    .start();
            Peaks peaks = watch(process);
            double millis = (System.nanoTime() - start) / 1e6;
            if (process.exitValue() != 0) {
                throw new IllegalStateException("segment: expected exit status 0, got " + process.exitValue() + " ("
                        + clips.size() + " clips of " + clips.getFirst() + "): " + Files.readString(errors));
            }
            deleteTree(out);
            return new SegmentRun(
                    millis,
                    peaks.own(),
                    peaks.all(),
                    stages(Files.readAllLines(printed).getLast()));
        } catch (IOException e) {
            throw new UncheckedIOException("segment: its process or files", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("segment: interrupted", e);
        }
    }

    /** The stages in the last line that {@code --json} prints with {@code --timings}: of the only clip, or of all. */
    static Map<String, Stage> stages(String line) throws IOException {
        Map<String, Stage> stages = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field :
                new ObjectMapper().readTree(line).path("stages").properties()) {
            if (field.getValue().has("share")) {
                JsonNode stage = field.getValue();
                stages.put(
                        field.getKey(),
                        new Stage(
                                stage.get("share").asDouble(),
                                stage.get("framesPerSecond").asDouble()));
            }
        }
        return stages;
    }

    /** High-water mark of a process; the most that it and its children had at one moment. */
    private record Peaks(double own, double all) {}

    private static Peaks watch(Process process) throws InterruptedException {
        double own = 0;
        double all = 0;
        do {
            own = Math.max(own, orZero(ResidentMemory::peakMegabytes, process.pid()));
            double children = process.descendants()
                    .mapToDouble(child -> orZero(ResidentMemory::megabytes, child.pid()))
                    .sum();
            all = Math.max(all, children + orZero(ResidentMemory::megabytes, process.pid()));
        } while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS));
        return new Peaks(own, Math.max(own, all));
    }

    private static double orZero(LongToDoubleFunction quantity, long pid) {
        try {
            return quantity.applyAsDouble(pid);
        } catch (UncheckedIOException e) {
            return 0; // it ended between the look at the list and this one
        }
    }

    static void deleteTree(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }
}
