package dev.earshot.tools.parity.kinds;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.moca.ClusterChoice;
import dev.earshot.segmentation.moca.FrameClusters;
import dev.earshot.segmentation.moca.MaskUpsampler;
import dev.earshot.segmentation.moca.ProposalMatching;
import dev.earshot.segmentation.moca.SoundingClusters;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.kmeans.Clustering;
import dev.earshot.tensor.kmeans.CosineKMeans;
import dev.earshot.tensor.kmeans.KMeansTrace;
import dev.earshot.tensor.kmeans.UnitRows;
import dev.earshot.tools.parity.GoldenCase;
import dev.earshot.tools.parity.KindRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Clustering, the choice of the sounding clusters, and proposal matching. */
public final class MocaKinds {
    /** Kind to runner. */
    public static final Map<String, KindRunner> RUNNERS = Map.of(
            "kmeans.given_init", KindRunner.onHost(MocaKinds::givenStart),
            "kmeans.plusplus", MocaKinds::plusPlus,
            "moca.select_and_match", KindRunner.onHost(MocaKinds::selectAndMatch));

    private MocaKinds() {}

    private static Map<String, HostTensor> givenStart(GoldenCase golden) {
        int n = golden.intOption("N");
        int c = golden.intOption("C");
        int k = golden.intOption("K");
        float[] x = golden.input("x").toFloats();
        float[] start = golden.input("init").toFloats();
        IterationLog log = new IterationLog();
        UnitRows rows = UnitRows.of(x, 0, n, c);
        Clustering lloyd = new CosineKMeans(settings(golden, 1, 0, false)).cluster(rows, start, log);
        Clustering refined = new CosineKMeans(settings(golden, 1, 0, true)).cluster(rows, start, KMeansTrace.NONE);

        Map<String, HostTensor> results = new LinkedHashMap<>();
        long iterations = log.inertias.size();
        results.put("expected.iter_labels", HostTensors.of(log.labels(), iterations, n));
        results.put("expected.iter_centroids", HostTensors.of(log.centroids(), iterations, k, c));
        results.put(
                "expected.iter_inertia",
                HostTensors.of(log.inertias.stream().mapToDouble(i -> i).toArray(), iterations));
        results.put("expected.labels", HostTensors.of(lloyd.labels(), n));
        results.put("expected.centroids", HostTensor.of(lloyd.centroids(), k, c));
        results.put("expected.inertia", HostTensors.of(new double[] {lloyd.inertia()}, 1));
        results.put("expected.hartigan_labels", HostTensors.of(refined.labels(), n));
        results.put("expected.hartigan_inertia", HostTensors.of(new double[] {refined.inertia()}, 1));
        return results;
    }

    /** The op gives the results; how they came about is only to be seen on the host. */
    private static Map<String, HostTensor> plusPlus(GoldenCase golden, Backend backend, DType compute) {
        int frames = golden.intOption("B");
        int gridHeight = golden.intOption("h");
        int gridWidth = golden.intOption("w");
        int c = golden.intOption("C");
        int k = golden.intOption("K");
        int restarts = golden.intOption("restarts");
        int height = golden.intOption("H");
        int width = golden.intOption("W");
        int n = gridHeight * gridWidth;
        KMeansSettings settings = settings(golden, restarts, golden.intOption("base"), false);
        float[] x = golden.input("x").toFloats();
        RestartLog log = new RestartLog(frames, restarts, k);
        int[] best = new int[frames];
        for (int b = 0; b < frames; b++) {
            UnitRows rows = UnitRows.of(x, b * n * c, n, c);
            best[b] = new CosineKMeans(settings).cluster(rows, b, log).restart();
        }
        try (Workspace ws = backend.workspace(0)) {
            Tensor features = backend.upload(ws, HostTensor.of(x, frames, n, c), DType.F32);
            int[] numbers = IntStream.range(0, frames).toArray();
            Tensor indices = backend.upload(ws, HostTensors.of(numbers, frames), DType.I32);
            Tensor labels = ws.allocate(DType.I32, frames, n);
            Tensor centroids = ws.allocate(DType.F32, frames, k, c);
            Tensor similarities = ws.allocate(DType.F32, frames, n, k);
            Tensor inertia = ws.allocate(DType.F32, frames);
            backend.cosineKMeans(features, indices, settings, labels, centroids, similarities, inertia);
            int[] own = Arrays.stream(backend.downloadIntegers(labels))
                    .mapToInt(Math::toIntExact)
                    .toArray();
            float[] cosines = backend.download(similarities);

            byte[] pixels = new byte[frames * height * width];
            for (int b = 0; b < frames; b++) {
                FrameClusters clusters = new FrameClusters(
                        k,
                        Arrays.copyOfRange(own, b * n, (b + 1) * n),
                        Arrays.copyOfRange(cosines, b * n * k, (b + 1) * n * k));
                byte[] frame = new MaskUpsampler(clusters, gridHeight, gridWidth).labels(width, height);
                System.arraycopy(frame, 0, pixels, b * height * width, height * width);
            }
            return Map.of(
                    "expected.init_index", HostTensors.of(log.rows, frames, restarts, k),
                    "expected.restart_inertia", HostTensors.of(log.inertias, frames, restarts),
                    "expected.best_restart", HostTensors.of(best, frames),
                    "expected.labels", HostTensors.of(own, frames, n),
                    "expected.centroids", HostTensor.of(backend.download(centroids), frames, k, c),
                    "expected.upsampled_labels", HostTensors.of(pixels, frames, height, width));
        }
    }

    private static KMeansSettings settings(GoldenCase golden, int restarts, long seed, boolean hartigan) {
        return new KMeansSettings(
                golden.intOption("K"),
                restarts,
                seed,
                golden.intOption("max_iter"),
                golden.numberOption("tol"),
                hartigan);
    }

    private static Map<String, HostTensor> selectAndMatch(GoldenCase golden) {
        int k = golden.intOption("K");
        int height = golden.intOption("H");
        int width = golden.intOption("W");
        int[] labels = HostTensors.toInts(golden.input("labels"));
        float[] x = golden.input("x").toFloats();
        float[] centroids = golden.input("centroids").toFloats();
        FrameClusters clustering = new FrameClusters(k, labels, cosines(x, centroids, labels.length, k));
        ClusterChoice choice = new SoundingClusters(golden.numberOption("tau_abs"), golden.numberOption("tau_rel"))
                .byJointSpace(
                        labels,
                        k,
                        golden.input("joint").toFloats(),
                        0,
                        golden.input("audio").toFloats());
        MaskUpsampler upsampler = new MaskUpsampler(clustering, golden.intOption("h"), golden.intOption("w"));
        BinaryMask mask = upsampler.mask(choice.selected(), width, height);
        List<BinaryMask> clusterMasks = upsampler.masks(choice.selected(), width, height);
        List<BinaryMask> proposals = masks(HostTensors.toBytes(golden.input("proposals")), width, height);
        ProposalMatching whole = matching(golden, ProposalMatching.References.WHOLE);
        ProposalMatching clusters = matching(golden, ProposalMatching.References.CLUSTERS);

        double[] contrast = new double[k];
        int[] selected = new int[k];
        for (int j = 0; j < k; j++) {
            contrast[j] = choice.contrast(j);
            selected[j] = choice.selected()[j] ? 1 : 0;
        }
        Map<String, HostTensor> results = new LinkedHashMap<>();
        results.put("expected.scores", HostTensors.of(choice.scores(), k));
        results.put("expected.contrast", HostTensors.of(contrast, k));
        results.put("expected.selected", HostTensors.of(selected, k));
        results.put("expected.mask", pixels(mask));
        results.put(
                "expected.iou_whole", HostTensors.of(whole.overlaps(mask, clusterMasks, proposals), proposals.size()));
        results.put(
                "expected.iou_best",
                HostTensors.of(clusters.overlaps(mask, clusterMasks, proposals), proposals.size()));
        results.put("expected.out_whole", pixels(whole.match(mask, clusterMasks, proposals)));
        results.put("expected.out_clusters", pixels(clusters.match(mask, clusterMasks, proposals)));
        return results;
    }

    /** The cosine of each row of {@code x} with each unit row of {@code centroids}. */
    private static float[] cosines(float[] x, float[] centroids, int rows, int clusters) {
        int width = centroids.length / clusters;
        float[] cosines = new float[rows * clusters];
        for (int i = 0; i < cosines.length; i++) {
            int row = i / clusters * width;
            int centroid = i % clusters * width;
            double dot = 0;
            double square = 0;
            for (int c = 0; c < width; c++) {
                dot += (double) x[row + c] * centroids[centroid + c];
                square += (double) x[row + c] * x[row + c];
            }
            cosines[i] = (float) (dot / Math.sqrt(square));
        }
        return cosines;
    }

    private static ProposalMatching matching(GoldenCase golden, ProposalMatching.References references) {
        return new ProposalMatching(golden.numberOption("iou_threshold"), references, ProposalMatching.Fallback.RAW);
    }

    private static List<BinaryMask> masks(byte[] pixels, int width, int height) {
        List<BinaryMask> masks = new ArrayList<>();
        for (int from = 0; from < pixels.length; from += width * height) {
            masks.add(BinaryMask.of(width, height, Arrays.copyOfRange(pixels, from, from + width * height)));
        }
        return masks;
    }

    private static HostTensor pixels(BinaryMask mask) {
        return HostTensors.of(mask.toBytes((byte) 1), mask.height(), mask.width());
    }

    /** Keeps what happened in each iteration. */
    private static final class IterationLog implements KMeansTrace {
        private final List<int[]> labels = new ArrayList<>();
        private final List<double[]> centroids = new ArrayList<>();
        private final List<Double> inertias = new ArrayList<>();

        @Override
        public void iterated(int[] labels, double[] centroids, double inertia) {
            this.labels.add(labels.clone());
            this.centroids.add(centroids.clone());
            this.inertias.add(inertia);
        }

        private int[] labels() {
            return labels.stream().flatMapToInt(Arrays::stream).toArray();
        }

        private double[] centroids() {
            return centroids.stream().flatMapToDouble(Arrays::stream).toArray();
        }
    }

    /** Keeps where each restart began and ended. */
    private static final class RestartLog implements KMeansTrace {
        private final int restarts;
        private final int clusters;
        private final int[] rows;
        private final double[] inertias;

        private RestartLog(int frames, int restarts, int clusters) {
            this.restarts = restarts;
            this.clusters = clusters;
            this.rows = new int[frames * restarts * clusters];
            this.inertias = new double[frames * restarts];
        }

        @Override
        public void started(int frame, int restart, int[] rows) {
            System.arraycopy(rows, 0, this.rows, (frame * restarts + restart) * clusters, clusters);
        }

        @Override
        public void finished(int frame, int restart, double inertia) {
            inertias[frame * restarts + restart] = inertia;
        }
    }
}
