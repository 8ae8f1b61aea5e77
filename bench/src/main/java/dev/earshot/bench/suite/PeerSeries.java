package dev.earshot.bench.suite;

import dev.earshot.bench.result.Series;
import dev.earshot.bench.result.Series.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Workloads that stood beside others at several batch sizes, as series: time per item against batch, every engine; a card's
 * and a processor's by themselves.
 */
final class PeerSeries {
    private static final Pattern NAME = Pattern.compile("(.+) x (\\d+) (\\S+)");

    private PeerSeries() {}

    static List<Series> of(List<Result> results) {
        Map<String, List<Point>> points = new LinkedHashMap<>();
        Map<String, Result> examples = new LinkedHashMap<>();
        for (Result result : results) {
            Matcher name = NAME.matcher(result.figure().name());
            String group = result.figure().group();
            if (group.endsWith(PeerResults.GROUP) && name.matches()) {
                String key = "%s %s | %s | %s"
                        .formatted(name.group(1), name.group(3), result.figure().engine(), group);
                double batch = Double.parseDouble(name.group(2));
                points.computeIfAbsent(key, _ -> new ArrayList<>())
                        .add(new Point(
                                batch,
                                result.figure().value() / batch,
                                result.figure().low() / batch,
                                result.figure().high() / batch));
                examples.putIfAbsent(key, result);
            }
        }
        List<Series> series = new ArrayList<>();
        points.forEach((key, all) -> {
            if (all.size() > 1) {
                all.sort(Comparator.comparingDouble(Point::x));
                Result example = examples.get(key);
                String name = key.substring(0, key.indexOf(" | "));
                String group = example.figure().group();
                series.add(new Series(
                        group,
                        name,
                        example.figure().engine(),
                        group.replace(PeerResults.GROUP, "batch"),
                        example.figure().unit(),
                        all,
                        slope(all),
                        "",
                        example.figure().command()));
            }
        });
        return series;
    }

    /** Of the line through the logarithms of the first and the last point. */
    private static double slope(List<Point> points) {
        Point first = points.getFirst();
        Point last = points.getLast();
        return Math.log(last.value() / first.value()) / Math.log(last.x() / first.x());
    }
}
