package dev.earshot.bench.scaling;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Curves of networks and of the neighbour search. */
final class WorkloadCurves {
    private static final String HEAP = "1g";
    private static final String TABLE_HEAP = "3g"; // Java arrays of up to 200,000 rows x 384, and their making
    private static final String MILLIS = "ms";
    private static final String MEGABYTES = "MB";

    private final String command;
    private final boolean quick;
    private final int rounds;

    WorkloadCurves(String command, boolean quick) {
        this.command = command;
        this.quick = quick;
        this.rounds = quick ? 3 : 5;
    }

    Curves batch() {
        Curves curves = new Curves();
        int[] batches = quick ? new int[] {1, 2, 4} : new int[] {1, 2, 4, 8, 16};
        batch(curves, "ViT-B/16", ScalingWorkloads.VIT_B16, batches);
        batch(curves, "ImageBind demo trunk", ScalingWorkloads.IMAGEBIND_DEMO, 1, 2, 4, 8, 16);
        return curves;
    }

    private void batch(Curves curves, String name, String workload, int... batches) {
        WorkloadSeries.Measured measured =
                WorkloadSeries.of(workload, HEAP, batches).measure(rounds);
        curves.add(
                name + ", time per image",
                "batch",
                MILLIS,
                measured.times(batch -> 1.0 / batch),
                command,
                "activations leave the caches",
                "what is paid once per pass is spread over the batch");
        curves.add(
                name + ", peak memory",
                "batch",
                MEGABYTES,
                measured.megabytes(),
                command,
                "activations outgrow weights and Java",
                "");
    }

    Curves threads() {
        Curves curves = new Curves();
        TreeSet<Integer> counts = new TreeSet<>();
        int cores = Runtime.getRuntime().availableProcessors();
        for (int threads = 1; threads < cores; threads *= 2) {
            counts.add(threads);
        }
        counts.add(cores);
        threads(curves, "ViT-B/16", ScalingWorkloads.VIT_B16, 1, counts);
        if (!quick) {
            threads(curves, "ViT-B/16 of 8 images", ScalingWorkloads.VIT_B16, 8, counts);
        }
        threads(curves, "ImageBind demo trunk", ScalingWorkloads.IMAGEBIND_DEMO, 1, counts);
        return curves;
    }

    private void threads(Curves curves, String name, String workload, int size, TreeSet<Integer> counts) {
        List<WorkloadSeries.Point> points = new ArrayList<>();
        counts.forEach(threads -> points.add(new WorkloadSeries.Point(threads, size, "cpu:" + threads)));
        List<Series.Point> times =
                new WorkloadSeries(workload, points, HEAP).measure(rounds).millis();
        curves.add(
                name + ", time",
                "threads",
                MILLIS,
                times,
                command,
                "",
                "memory and what runs on one thread set the limit");
        Series.Point one = times.getFirst();
        for (Series.Point point : times.subList(1, times.size())) {
            Series.Point speedUp = new Series.Point(
                    point.x(), one.value() / point.value(), one.low() / point.high(), one.high() / point.low());
            String suffix = String.format(Locale.ROOT, " with %.0f threads", point.x());
            curves.add(name + ", speed-up" + suffix, "x", speedUp, rounds, Figure.Better.HIGHER, command);
            Series.Point efficiency = new Series.Point(
                    point.x(),
                    100 * speedUp.value() / point.x(),
                    100 * speedUp.low() / point.x(),
                    100 * speedUp.high() / point.x());
            curves.add(name + ", efficiency" + suffix, "%", efficiency, rounds, Figure.Better.HIGHER, command);
        }
    }

    Curves side() {
        Curves curves = new Curves();
        String steeper = "attention, quadratic in the pixels, outgrows the linear layers";
        int[] dino = quick ? new int[] {224, 320, 448, 640} : new int[] {224, 320, 448, 560, 672, 784, 896};
        side(curves, "DINO ViT-S/16", ScalingWorkloads.DINO_SIDE, steeper, dino);
        int[] sam = quick ? new int[] {256, 384, 512} : new int[] {256, 384, 512, 640, 768, 896, 1024};
        side(curves, "SAM ViT-B encoder, 3 of 12 blocks", ScalingWorkloads.SAM_SIDE, steeper, sam);
        return curves;
    }

    /** Against pixels, not the side: a network without attention would be linear in them. */
    private void side(Curves curves, String name, String workload, String steeper, int... sides) {
        WorkloadSeries.Measured measured =
                WorkloadSeries.of(workload, HEAP, sides).measure(quick ? 2 : 3);
        String x = "image, pixels";
        curves.add(name + ", time", x, MILLIS, squared(measured.millis()), command, steeper, "");
        curves.add(
                name + ", peak memory",
                x,
                MEGABYTES,
                squared(measured.megabytes()),
                command,
                "activations outgrow weights and Java",
                "");
    }

    private static List<Series.Point> squared(List<Series.Point> bySide) {
        return bySide.stream()
                .map(each -> new Series.Point(each.x() * each.x(), each.value(), each.low(), each.high()))
                .toList();
    }

    Curves neighbours() {
        Curves curves = new Curves();
        int[] rows = quick ? new int[] {1000, 3000, 10000} : new int[] {1000, 3000, 10_000, 30_000, 60_000, 200_000};
        WorkloadSeries.Measured measured =
                WorkloadSeries.of(ScalingWorkloads.NEIGHBOURS, TABLE_HEAP, rows).measure(quick ? 2 : 3);
        String x = "neighbours table, rows";
        curves.add(
                "neighbour search, time",
                x,
                MILLIS,
                measured.millis(),
                command,
                "the product of all pairs outgrows what is paid per row",
                "");
        curves.add(
                "neighbour search, peak memory",
                x,
                MEGABYTES,
                measured.megabytes(),
                command,
                "the table outgrows Java and the fixed buffers",
                "");
        return curves;
    }
}
