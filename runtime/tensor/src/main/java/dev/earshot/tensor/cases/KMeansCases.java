package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.DType.I32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/**
 * Rows of cosine k-means. One label that differs is an error of far more than the tolerance, and the random numbers that
 * choose the starting rows must agree to the last bit, so these rows compare decisions and not only values.
 */
final class KMeansCases {
    /** Work is counted for as many iterations as features of trained models take; without a tolerance, for all. */
    private static final int USUAL_ITERATIONS = 7;

    private KMeansCases() {}

    static void addTo(Consumer<OpCase> rows) {
        KMeansSettings four = KMeansSettings.DEFAULT;
        rows.accept(row(Scale.SMALL, four, Layout.DENSE, 0, 8, 5));
        rows.accept(row(Scale.SMALL, four, Layout.DENSE, 1, 4, 1));
        rows.accept(row(Scale.SMALL, new KMeansSettings(1, 1, 3, 100, 1e-6, false), Layout.DENSE, 2, 7, 3));
        rows.accept(row(Scale.SMALL, new KMeansSettings(5, 2, 4, 100, 1e-6, false), Layout.DENSE, 2, 5, 33));
        rows.accept(row(Scale.SMALL, four, Layout.DENSE, 3, 37, 19));
        rows.accept(row(Scale.SMALL, four, Layout.COLUMNS, 2, 65, 31));
        rows.accept(row(Scale.SMALL, new KMeansSettings(3, 3, 5, 2, 0, false), Layout.DENSE, 2, 130, 8));
        rows.accept(row(Scale.SMALL, new KMeansSettings(7, 2, -1, 100, 1e-6, true), Layout.DENSE, 2, 70, 40));
        rows.accept(row(Scale.SMALL, new KMeansSettings(33, 1, 9, 5, 1e-6, false), Layout.DENSE, 1, 70, 5));
        rows.accept(row(Scale.MODEL, four, Layout.DENSE, 1, 256, 1280));
        rows.accept(row(Scale.BENCH, four, Layout.DENSE, 5, 256, 1280));
        rows.accept(row(Scale.BENCH, new KMeansSettings(64, 1, 0, 20, 0, false), Layout.DENSE, 1, 4096, 1024));
    }

    /** A multiply-add per row, centroid and channel in each iteration; the features are read once per iteration. */
    private static OpCase row(Scale scale, KMeansSettings settings, Layout layout, long... shape) {
        int clusters = settings.clusters();
        String name = "cosineKMeans %s k%d restarts%d iterations%d%s%s"
                .formatted(
                        sizes(shape),
                        clusters,
                        settings.restarts(),
                        settings.maxIterations(),
                        settings.hartigan() ? " hartigan" : "",
                        layout.suffix());
        int each = settings.tolerance() == 0 ? settings.maxIterations() : USUAL_ITERATIONS;
        int iterations = settings.restarts() * each;
        double flops = 2 * elements(shape) * clusters * iterations;
        double bytes = 4 * elements(shape);
        return new OpCase(name, "cosineKMeans", F32, Rows.tolerance(shape[2]), scale, flops, bytes, s -> {
            Tensor x = s.input(F32, layout, g -> g, shape);
            Tensor indices = s.integers(I32, 0, 1000, shape[0]);
            Tensor labels = s.output(I32, shape[0], shape[1]);
            Tensor centroids = s.output(F32, shape[0], clusters, shape[2]);
            Tensor similarities = s.output(F32, shape[0], shape[1], clusters);
            Tensor inertia = s.output(F32, shape[0]);
            return () -> s.backend().cosineKMeans(x, indices, settings, labels, centroids, similarities, inertia);
        });
    }
}
