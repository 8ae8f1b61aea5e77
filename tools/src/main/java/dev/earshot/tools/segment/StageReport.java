package dev.earshot.tools.segment;

import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.Utilisation;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** {@link Utilisation} for files and for readers. */
public final class StageReport {
    private StageReport() {}

    /** Stage by stage as it stands in {@code result.json} and on lines of JSON; seconds are rounded to microseconds. */
    public static Map<String, Object> json(Utilisation run) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("wallSeconds", seconds(run.wallNanos()));
        all.put("framesPerSecond", rounded(run.framesPerSecond()));
        all.put("bottleneck", run.bottleneck().name());
        for (Utilisation.Stage stage : run.stages()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("busySeconds", seconds(stage.busyNanos()));
            one.put("waitingSeconds", seconds(run.waitingNanos(stage)));
            one.put("share", rounded(run.share(stage)));
            one.put("framesPerSecond", rounded(run.framesPerSecond(stage)));
            Map<String, Object> parts = new LinkedHashMap<>();
            stage.parts().nanos().forEach((part, nanos) -> parts.put(part, seconds(nanos)));
            one.put("parts", parts);
            all.put(stage.name(), one);
        }
        return all;
    }

    private static double seconds(long nanos) {
        return rounded(nanos / 1e9);
    }

    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }

    /** A table for people: a line per stage, its parts behind it. */
    public static String text(String what, Utilisation run) {
        StringBuilder text = new StringBuilder(line(
                "%s: %d frames in %.2f s, %.1f frames/s; the slowest stage is %s%n",
                what,
                run.frames(),
                run.wallNanos() / 1e9,
                run.framesPerSecond(),
                run.bottleneck().name()));
        for (Utilisation.Stage stage : run.stages()) {
            text.append(line(
                    "  %-8s busy %8.2f s  waiting %8.2f s  %3.0f %%  %7.1f frames/s alone  (%s)%n",
                    stage.name(),
                    stage.busyNanos() / 1e9,
                    run.waitingNanos(stage) / 1e9,
                    100 * run.share(stage),
                    run.framesPerSecond(stage),
                    parts(stage.parts())));
        }
        return text.toString().stripTrailing();
    }

    private static String parts(StageTimes times) {
        return times.nanos().entrySet().stream()
                .map(part -> line("%s %.2f", part.getKey(), part.getValue() / 1e9))
                .collect(Collectors.joining(", "));
    }

    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
