package dev.earshot.tensor.reference;

import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import dev.earshot.tensor.kmeans.Clustering;
import dev.earshot.tensor.kmeans.CosineKMeans;
import dev.earshot.tensor.kmeans.KMeansTrace;
import dev.earshot.tensor.kmeans.UnitRows;
import java.util.Arrays;

/** The definition of cosine k-means is {@link CosineKMeans}; here it is applied to tensors, frame by frame. */
final class KMeansOps {
    private KMeansOps() {}

    static void cosineKMeans(
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia) {
        CosineKMeans kMeans = new CosineKMeans(settings);
        int rows = Math.toIntExact(x.dim(1));
        int width = Math.toIntExact(x.dim(2));
        long[] numbers = Elements.readIntegers(indices);
        for (int frame = 0; frame < numbers.length; frame++) {
            float[] values = new float[rows * width];
            Elements.copy(x.select(0, frame), values);
            Clustering result =
                    kMeans.cluster(UnitRows.of(values, 0, rows, width), (int) numbers[frame], KMeansTrace.NONE);
            long[] own = Arrays.stream(result.labels()).asLongStream().toArray();
            Elements.writeIntegers(own, labels.select(0, frame));
            Elements.write(widened(result.centroids()), centroids.select(0, frame));
            Elements.write(widened(result.similarities()), similarities.select(0, frame));
            Elements.write(new double[] {result.inertia()}, inertia.slice(0, frame, frame + 1));
        }
    }

    private static double[] widened(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }
}
