package dev.earshot.bench.scaling;

import dev.earshot.bench.result.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/**
 * One workload at several sizes. All sizes are loaded, each in a process of its own, and take turns: a round runs each of
 * them once, or as often as makes {@value #ROUND_MILLIS} ms, so that a slow minute of the machine touches all alike.
 *
 * <p>A run of {@value #LONG_MILLIS} ms or more is not warmed up, since its first run already is its steady state, and is
 * measured no more than {@value #BUDGET_MILLIS} ms altogether. Memory is the peak of the rounds, counted from after the
 * warm-up.
 *
 * @param workload a name of {@link ScalingWorkloads}
 * @param sizes ascending
 * @param heap the most that Java may take for its objects
 */
record WorkloadSeries(String workload, List<Point> sizes, String heap) {
    private static final double ROUND_MILLIS = 100;
    private static final double WARM_MILLIS = 1_000;
    private static final double LONG_MILLIS = 5_000;
    private static final double BUDGET_MILLIS = 20_000;

    /**
     * A size on a backend.
     *
     * @param x what the series counts, usually the size itself
     */
    record Point(int x, int size, String backend) {}

    /** Times and memory by size. */
    record Measured(List<Series.Point> millis, List<Series.Point> megabytes) {
        /** Times in another unit. */
        List<Series.Point> times(IntToDoubleFunction factor) {
            return millis.stream()
                    .map(point -> {
                        double by = factor.applyAsDouble((int) point.x());
                        return new Series.Point(point.x(), point.value() * by, point.low() * by, point.high() * by);
                    })
                    .toList();
        }
    }

    /** On the default processor backend. */
    static WorkloadSeries of(String workload, String heap, int... sizes) {
        List<Point> points = new ArrayList<>();
        for (int size : sizes) {
            points.add(new Point(size, size, "cpu"));
        }
        return new WorkloadSeries(workload, points, heap);
    }

    Measured measure(int rounds) {
        Map<Point, PointClient> clients = new LinkedHashMap<>();
        Map<Point, List<Double>> samples = new LinkedHashMap<>();
        Map<Point, Double> typical = new LinkedHashMap<>();
        try {
            for (Point point : sizes) {
                PointClient client = new PointClient(workload, point.size(), point.backend(), heap);
                clients.put(point, client);
                samples.put(point, new ArrayList<>());
                typical.put(point, warm(client, samples.get(point)));
            }
            for (int round = 0; round < rounds; round++) {
                for (Point point : sizes) {
                    List<Double> taken = samples.get(point);
                    double one = typical.get(point);
                    if (taken.size() <= round && (taken.isEmpty() || (taken.size() + 1) * one <= BUDGET_MILLIS)) {
                        taken.add(clients.get(point).run(Math.max(1, (int) Math.ceil(ROUND_MILLIS / one))));
                    }
                }
            }
            List<Series.Point> times = new ArrayList<>();
            List<Series.Point> memory = new ArrayList<>();
            for (Point point : sizes) {
                times.add(Series.Point.of(
                        point.x(),
                        samples.get(point).stream().mapToDouble(each -> each).toArray()));
                memory.add(Series.Point.of(point.x(), clients.get(point).peakMegabytes()));
            }
            return new Measured(times, memory);
        } finally {
            clients.values().forEach(PointClient::close);
        }
    }

    /** Runs until compiled; the milliseconds of a run. A long first run is kept as a sample. */
    private static double warm(PointClient client, List<Double> samples) {
        client.resetPeak();
        double one = client.run(1);
        if (one >= LONG_MILLIS) {
            samples.add(one);
            return one;
        }
        client.run(Math.max(1, (int) (WARM_MILLIS / one)));
        client.resetPeak();
        return client.run(1);
    }
}
