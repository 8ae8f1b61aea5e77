package dev.earshot.segmentation.moca;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Clusters features where the networks left them; only the labels and the similarities to K centroids come to the host. Owns
 * the memory for that. One thread at a time.
 */
final class FeatureClustering implements AutoCloseable {
    private static final long FIRST_BYTES = 1 << 20;

    private final Backend backend;
    private final KMeansSettings settings;
    private final MocaSettings.Scope scope;
    private final Workspace workspace;
    private final List<FrameClusters> kept = new ArrayList<>(); // memory of the results of every run
    private float[] cosines = {}; // [frames, tokens, K]
    private int used;

    FeatureClustering(Backend backend, KMeansSettings settings, MocaSettings.Scope scope) {
        this.backend = backend;
        this.settings = settings;
        this.scope = scope;
        this.workspace = backend.workspace(FIRST_BYTES);
    }

    /** Starts on {@code frames} frames, whose features will come in groups; one at a time. Ends the use of earlier results. */
    Run start(int frames) {
        used = 0;
        return new Run(frames);
    }

    /** The frames that are clustered together, or for themselves but in one go. */
    final class Run implements AutoCloseable {
        private final int frames;
        private final Workspace.Frame memory = workspace.frame();
        private final List<FrameClusters> ready = new ArrayList<>();
        private final List<Tensor> clip =
                new ArrayList<>(1); // the features of all frames, if these share their clusters
        private int added;

        private Run(int frames) {
            this.frames = frames;
        }

        /**
         * Takes the features of the next frames, which may be overwritten afterwards.
         *
         * @param features [group, tokens, C]
         * @param indices of the frames in their clip
         */
        void add(Tensor features, int[] indices) {
            switch (scope) {
                case FRAME -> ready.addAll(cluster(features, indices, indices.length));
                case CLIP -> {
                    if (clip.isEmpty()) {
                        clip.add(workspace.allocate(DType.F32, features.shape().with(0, frames)));
                    }
                    backend.copy(features, clip.getFirst().slice(0, added, added + indices.length));
                }
            }
            added += indices.length;
        }

        /** The clusters of all frames, in the order in which they came; valid until the next start. */
        List<FrameClusters> finish() {
            if (added != frames) {
                throw new IllegalStateException(
                        "feature clustering: expected %d frames, got %d".formatted(frames, added));
            }
            for (Tensor all : clip) {
                Tensor joined = all.reshape(1, all.dim(0) * all.dim(1), all.dim(2));
                ready.addAll(cluster(joined, new int[] {0}, frames));
            }
            return ready;
        }

        @Override
        public void close() {
            memory.close();
        }
    }

    /** Clusters [problems, rows, C]; the results in {@code parts} equal parts. */
    private List<FrameClusters> cluster(Tensor features, int[] indices, int parts) {
        try (Workspace.Frame _ = workspace.frame()) {
            long problems = features.dim(0);
            int clusters = settings.clusters();
            HostTensor numbers = new HostTensor(MemorySegment.ofArray(indices), DType.I32, Shape.of(problems));
            Tensor own = backend.upload(workspace, numbers, DType.I32);
            Tensor labels = workspace.allocate(DType.I32, problems, features.dim(1));
            Tensor centroids = workspace.allocate(DType.F32, problems, clusters, features.dim(2));
            Tensor similarities = workspace.allocate(DType.F32, problems, features.dim(1), clusters);
            Tensor inertia = workspace.allocate(DType.F32, problems);
            backend.cosineKMeans(features, own, settings, labels, centroids, similarities, inertia);
            return split(labels, similarities, parts);
        }
    }

    private List<FrameClusters> split(Tensor labels, Tensor similarities, int parts) {
        int values = Math.toIntExact(similarities.shape().elements());
        if (cosines.length != values) {
            cosines = new float[values];
        }
        backend.download(similarities, cosines);
        long[] numbers = backend.downloadIntegers(labels);
        int tokens = numbers.length / parts;
        List<FrameClusters> each = new ArrayList<>(parts);
        for (int i = 0; i < parts; i++) {
            FrameClusters own = memory(tokens);
            for (int t = 0; t < tokens; t++) {
                own.labels()[t] = Math.toIntExact(numbers[i * tokens + t]);
            }
            int length = own.similarities().length;
            System.arraycopy(cosines, i * length, own.similarities(), 0, length);
            each.add(own);
        }
        return each;
    }

    /** Memory for one more frame of this run. */
    private FrameClusters memory(int tokens) {
        if (used == kept.size() || kept.get(used).labels().length != tokens) {
            int clusters = settings.clusters();
            FrameClusters fresh = new FrameClusters(clusters, new int[tokens], new float[tokens * clusters]);
            if (used == kept.size()) {
                kept.add(fresh);
            } else {
                kept.set(used, fresh);
            }
        }
        return kept.get(used++);
    }

    @Override
    public void close() {
        workspace.close();
    }
}
