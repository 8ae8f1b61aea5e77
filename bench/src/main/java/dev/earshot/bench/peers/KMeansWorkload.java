package dev.earshot.bench.peers;

import dev.earshot.bench.work.Work;
import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.stream.IntStream;

/** Clusters frames of 256 x 1280 features around four directions; bench/peers/kmeans.py makes the same ones. */
final class KMeansWorkload implements Workload {
    static final int ROWS = 256;
    static final int WIDTH = 1280;

    /** Noise per unit of signal; the four clusters stay recognisable, and a run takes several iterations. */
    private static final float NOISE = 2;

    private final WorkCounter work = new WorkCounter();
    private final int frames;
    private final Backend backend;
    private final Workspace workspace;
    private final Tensor features;
    private final Tensor indices;
    private final Tensor labels;
    private final Tensor centroids;
    private final Tensor similarities;
    private final Tensor inertia;

    KMeansWorkload(String backendName, int frames) {
        int clusters = KMeansSettings.DEFAULT.clusters();
        this.frames = frames;
        this.backend = Backends.open(backendName);
        this.workspace = backend.workspace(0);
        this.features = backend.upload(workspace, HostTensor.of(features(frames), frames, ROWS, WIDTH), DType.F32);
        int[] numbers = IntStream.range(0, frames).toArray();
        HostTensor own = new HostTensor(MemorySegment.ofArray(numbers), DType.I32, Shape.of(frames));
        this.indices = backend.upload(workspace, own, DType.I32);
        this.labels = workspace.allocate(DType.I32, frames, ROWS);
        this.centroids = workspace.allocate(DType.F32, frames, clusters, WIDTH);
        this.similarities = workspace.allocate(DType.F32, frames, ROWS, clusters);
        this.inertia = workspace.allocate(DType.F32, frames);
    }

    static float[] features(int frames) {
        int clusters = KMeansSettings.DEFAULT.clusters();
        float[] centres = Filler.tensor("input.centres", clusters, WIDTH).toFloats();
        float[] features = Filler.tensor("input.features", frames, ROWS, WIDTH).toFloats();
        for (int i = 0; i < features.length; i++) {
            int row = i / WIDTH;
            features[i] = centres[row % clusters * WIDTH + i % WIDTH] + NOISE * features[i];
        }
        return features;
    }

    @Override
    public void run() {
        Backend on = work.total().equals(Work.NONE) ? work.over(backend) : backend; // the first run is never timed
        on.cosineKMeans(features, indices, KMeansSettings.DEFAULT, labels, centroids, similarities, inertia);
        backend.synchronize();
    }

    /** For each row the first row of its frame in the same cluster, which does not depend on how clusters are numbered. */
    @Override
    public float[] output() {
        long[] all = backend.downloadIntegers(labels);
        float[] firsts = new float[frames * ROWS];
        for (int frame = 0; frame < frames; frame++) {
            int from = frame * ROWS;
            for (int row = 0; row < ROWS; row++) {
                int first = 0;
                while (all[from + first] != all[from + row]) {
                    first++;
                }
                firsts[frame * ROWS + row] = first;
            }
        }
        return firsts;
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        work.total().addTo(facts);
        return facts;
    }

    @Override
    public void close() {
        workspace.close();
        backend.close();
    }
}
