package dev.earshot.bench.scaling;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Series;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Curves of {@code earshot segment} on clips that repeat a sample, one frame a second. */
final class ClipCurves {
    private static final int CLIP_SECONDS = 10;

    /** Once is enough for runs as long as this: what disturbs a second disturbs it little. */
    private static final int SECONDS_RUN_ONCE = 200;

    private final Path sample;
    private final String command;
    private final boolean quick;
    private final int rounds;

    ClipCurves(Path sample, String command, boolean quick) {
        this.sample = sample;
        this.command = command;
        this.quick = quick;
        this.rounds = quick ? 2 : 3;
    }

    /** Against the length of one clip. */
    Curves length() {
        int[] seconds = quick ? new int[] {1, 4, 16, 64} : new int[] {1, 4, 16, 64, 256, 1024, 3600};
        return inScratch(folder -> {
            LoopedClips clips = new LoopedClips(sample, folder);
            Map<Integer, List<Path>> inputs = new LinkedHashMap<>();
            for (int length : seconds) {
                inputs.put(length, List.of(clips.ofSeconds(length)));
            }
            Map<Integer, List<SegmentRun>> runs = run(folder, inputs);
            Curves curves = new Curves();
            String x = "clip length, s";
            List<Series.Point> times = points(runs, run -> run.millis() / 1e3);
            curves.add("segment, time", x, "s", times, command, "start-up dominates short clips", "");
            resident(curves, x, runs);
            linear(curves, times, "one clip");
            return curves;
        });
    }

    /** Against the number of clips in one call. */
    Curves clips() {
        int[] counts = quick ? new int[] {1, 2, 4} : new int[] {1, 2, 4, 8, 16};
        return inScratch(folder -> {
            Path clip = new LoopedClips(sample, folder).ofSeconds(CLIP_SECONDS);
            Map<Integer, List<Path>> inputs = new LinkedHashMap<>();
            for (int count : counts) {
                inputs.put(count, Collections.nCopies(count, clip));
            }
            Map<Integer, List<SegmentRun>> runs = run(folder, inputs);
            Curves curves = new Curves();
            String x = "clips of " + CLIP_SECONDS + " s";
            List<Series.Point> times = points(runs, run -> run.millis() / 1e3);
            curves.add("segment, time of several clips", x, "s", times, command, "start-up dominates few clips", "");
            curves.add(
                    "segment, throughput",
                    x,
                    "frames/s",
                    times.stream().map(ClipCurves::throughput).toList(),
                    command,
                    "",
                    "start-up is spread over the clips");
            resident(curves, x, runs);
            linear(curves, times, "several clips");
            stages(curves, counts[counts.length - 1], runs.get(counts[counts.length - 1]));
            return curves;
        });
    }

    /** Which stage the largest number of clips waited for. */
    private void stages(Curves curves, int clips, List<SegmentRun> runs) {
        for (String stage : runs.getFirst().stages().keySet()) {
            String name = "segment, " + stage + " of " + clips + " clips, ";
            double[] shares = runs.stream()
                    .mapToDouble(run -> 100 * run.stages().get(stage).share())
                    .toArray();
            double[] alone = runs.stream()
                    .mapToDouble(run -> run.stages().get(stage).framesPerSecond())
                    .toArray();
            curves.add(name + "busy", "%", Series.Point.of(0, shares), runs.size(), Figure.Better.NEITHER, command);
            Series.Point rate = Series.Point.of(0, alone);
            curves.add(name + "if it never waited", "frames/s", rate, runs.size(), Figure.Better.HIGHER, command);
        }
    }

    private static Series.Point throughput(Series.Point seconds) {
        double frames = seconds.x() * CLIP_SECONDS;
        return new Series.Point(seconds.x(), frames / seconds.value(), frames / seconds.high(), frames / seconds.low());
    }

    private void resident(Curves curves, String x, Map<Integer, List<SegmentRun>> runs) {
        curves.add(
                "segment, resident memory",
                x,
                "MB",
                points(runs, SegmentRun::megabytes),
                command,
                "",
                "the Java heap has reached its bound");
        curves.add(
                "segment, resident memory with FFmpeg's",
                x,
                "MB",
                points(runs, SegmentRun::withDecoders),
                command,
                "",
                "");
    }

    /** What is paid once, and what a frame costs on top of it. */
    private void linear(Curves curves, List<Series.Point> times, String what) {
        FixedCost cost = FixedCost.of(times);
        boolean clips = what.startsWith("several");
        double perFrame = 1e3 * cost.rate() / (clips ? CLIP_SECONDS : 1);
        Figure.Better lower = Figure.Better.LOWER;
        curves.add("segment, fixed cost, " + what, "s", only(cost.fixed()), times.size(), lower, command);
        curves.add("segment, each further frame, " + what, "ms", only(perFrame), times.size(), lower, command);
    }

    private static Series.Point only(double value) {
        return new Series.Point(0, value, value, value);
    }

    /** In turns: each round runs every size once. */
    private Map<Integer, List<SegmentRun>> run(Path folder, Map<Integer, List<Path>> inputs) {
        Map<Integer, List<SegmentRun>> runs = new LinkedHashMap<>();
        SegmentRun.of(folder, inputs.values().iterator().next()); // the caches of the system; not counted
        for (int round = 0; round < rounds; round++) {
            for (Map.Entry<Integer, List<Path>> input : inputs.entrySet()) {
                if (round == 0 || input.getKey() < SECONDS_RUN_ONCE) {
                    runs.computeIfAbsent(input.getKey(), _ -> new ArrayList<>())
                            .add(SegmentRun.of(folder, input.getValue()));
                }
            }
        }
        return runs;
    }

    private static List<Series.Point> points(
            Map<Integer, List<SegmentRun>> runs, ToDoubleFunction<SegmentRun> quantity) {
        List<Series.Point> points = new ArrayList<>();
        runs.forEach((x, each) -> points.add(
                Series.Point.of(x, each.stream().mapToDouble(quantity).toArray())));
        return points;
    }

    /** What is measured with clips in a folder that is deleted afterwards. */
    private interface Measurement {
        Curves in(Path folder);
    }

    private static Curves inScratch(Measurement measurement) {
        try {
            Path folder = Files.createTempDirectory("earshot-scaling-");
            try {
                return measurement.in(folder);
            } finally {
                SegmentRun.deleteTree(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("scaling: the folder for clips", e);
        }
    }
}
