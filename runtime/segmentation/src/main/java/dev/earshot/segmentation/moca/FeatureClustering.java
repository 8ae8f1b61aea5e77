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
 * The clusters of frames on the host: read from their rows where the networks' pass clustered each by itself, or made here
 * from the features of all frames of a clip, of which only labels and cosines come to the host. Owns the memory for that. One
 * thread at a time.
 */
final class FeatureClustering implements AutoCloseable {
    private static final long FIRST_BYTES = 1 << 20;

    private final Backend backend;
    private final KMeansSettings settings;
    private final MocaSettings.Scope scope;
    private final Workspace workspace;
    private final List<FrameClusters> kept = new ArrayList<>(); // memory of the results of every run
    private int used;

    FeatureClustering(Backend backend, KMeansSettings settings, MocaSettings.Scope scope) {
        this.backend = backend;
        this.settings = settings;
        this.scope = scope;
        this.workspace = backend.workspace(FIRST_BYTES);
    }

    /** Starts on {@code frames} frames, which will come in groups; one at a time. Ends the use of earlier results. */
    Run start(int frames) {
        used = 0;
        return new Run(frames);
    }

    /** The frames that are clustered together, or for themselves. */
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
         * Takes the next frames.
         *
         * @param features [group, tokens, C] on the device; may be overwritten afterwards
         * @param group the same frames on the host
         */
        void add(Tensor features, AudioVisualEncoder.Encoded group) {
            int count = Math.toIntExact(features.dim(0));
            switch (scope) {
                case FRAME -> {
                    for (int i = 0; i < count; i++) {
                        FrameClusters own = memory(group.layout().tokens());
                        group.layout().readClusters(group.rows(), group.row(i), own);
                        ready.add(own);
                    }
                }
                case CLIP -> {
                    if (clip.isEmpty()) {
                        clip.add(workspace.allocate(DType.F32, features.shape().with(0, frames)));
                    }
                    backend.copy(features, clip.getFirst().slice(0, added, added + count));
                }
            }
            added += count;
        }

        /** The clusters of all frames, in the order in which they came; valid until the next start. */
        List<FrameClusters> finish() {
            if (added != frames) {
                throw new IllegalStateException(
                        "feature clustering: expected %d frames, got %d".formatted(frames, added));
            }
            for (Tensor all : clip) {
                cluster(all.reshape(1, all.dim(0) * all.dim(1), all.dim(2)), frames);
            }
            return ready;
        }

        /** Clusters [1, rows, C]; the results in {@code parts} equal parts. */
        private void cluster(Tensor features, int parts) {
            try (Workspace.Frame _ = workspace.frame()) {
                int clusters = settings.clusters();
                HostTensor zero = new HostTensor(MemorySegment.ofArray(new int[1]), DType.I32, Shape.of(1));
                Tensor index = backend.upload(workspace, zero, DType.I32);
                Tensor labels = workspace.allocate(DType.I32, 1, features.dim(1));
                Tensor centroids = workspace.allocate(DType.F32, 1, clusters, features.dim(2));
                Tensor similarities = workspace.allocate(DType.F32, 1, features.dim(1), clusters);
                Tensor inertia = workspace.allocate(DType.F32, 1);
                backend.cosineKMeans(features, index, settings, labels, centroids, similarities, inertia);
                split(backend.downloadIntegers(labels), backend.download(similarities), parts);
            }
        }

        private void split(long[] labels, float[] cosines, int parts) {
            int tokens = labels.length / parts;
            for (int i = 0; i < parts; i++) {
                FrameClusters own = memory(tokens);
                for (int t = 0; t < tokens; t++) {
                    own.labels()[t] = Math.toIntExact(labels[i * tokens + t]);
                }
                int length = own.similarities().length;
                System.arraycopy(cosines, i * length, own.similarities(), 0, length);
                ready.add(own);
            }
        }

        @Override
        public void close() {
            memory.close();
        }
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
