package dev.earshot.bench.peers;

import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.moca.ClusterChoice;
import dev.earshot.segmentation.moca.FrameClusters;
import dev.earshot.segmentation.moca.FrameRows;
import dev.earshot.segmentation.moca.MaskUpsampler;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.moca.SoundingClusters;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * The end of MoCA's way: frames whose features, joint tokens and sound the networks left on the device to masks at picture
 * size on the host. K-means is a captured program, its result one copy; choice and pixels are the host's. Sizes of
 * ImageBind-Huge; the features lie around four directions as those of {@link KMeansWorkload} do. The twin is in
 * bench/peers/moca_clip.py.
 */
final class FrameWorkload implements Workload {
    static final String NAME = "moca-frame";

    private static final int TOKENS = KMeansWorkload.ROWS;
    private static final int SIDE = 16;
    private static final int JOINT = 1024;
    private static final KMeansSettings K_MEANS = KMeansSettings.DEFAULT;

    private final Backend backend;
    private final Workspace workspace;
    private final Program program;
    private final WorkCounter work = new WorkCounter();
    private final FrameRows layout = new FrameRows(TOKENS, K_MEANS.clusters(), JOINT);
    private final float[] host; // a row for each frame
    private final List<FrameClusters> clusters;
    private final List<BinaryMask> masks;
    private final ClusterChoice[] choices;
    private final SoundingClusters sounding = new SoundingClusters(-1, MocaSettings.DEFAULT.tauRel());
    private final SoundingClusters.Scratch scores = new SoundingClusters.Scratch();
    private final MaskUpsampler.Scratch pixels = new MaskUpsampler.Scratch();
    private Tensor rows;
    private long hostNanos; // of the last run: launch, choice and pixels

    /** Captures the program for so many frames. */
    FrameWorkload(String backendName, int frames) {
        backend = Backends.open(backendName);
        workspace = backend.workspace(0);
        HostTensor data = HostTensor.of(KMeansWorkload.features(frames), frames, TOKENS, KMeansWorkload.WIDTH);
        Tensor features = backend.upload(workspace, data, DType.F32);
        int[] numbers = IntStream.range(0, frames).toArray();
        HostTensor own = new HostTensor(MemorySegment.ofArray(numbers), DType.I32, Shape.of(frames));
        Tensor indices = backend.upload(workspace, own, DType.I32);
        Tensor joint = backend.upload(workspace, Filler.tensor("input.joint", frames, TOKENS, JOINT), DType.F32);
        Tensor audio = backend.upload(workspace, Filler.tensor("input.sound", frames, JOINT), DType.F32);
        program = backend.capture(work.counting(
                b -> rows = FrameRows.gather(b, workspace, features, indices, Optional.of(K_MEANS), joint, audio)));
        host = new float[frames * layout.width()];
        clusters = Arrays.stream(numbers)
                .mapToObj(_ ->
                        new FrameClusters(K_MEANS.clusters(), new int[TOKENS], new float[TOKENS * K_MEANS.clusters()]))
                .toList();
        masks = Arrays.stream(numbers)
                .mapToObj(_ -> new BinaryMask(ClipWorkload.WIDTH, ClipWorkload.HEIGHT))
                .toList();
        choices = new ClusterChoice[frames];
    }

    @Override
    public void run() {
        long start = System.nanoTime();
        program.run();
        hostNanos = System.nanoTime() - start;
        backend.download(rows, host);
        start = System.nanoTime();
        for (int i = 0; i < choices.length; i++) {
            int row = i * layout.width();
            FrameClusters own = clusters.get(i);
            layout.readClusters(host, row, own);
            choices[i] = sounding.byJointSpace(
                    own.labels(),
                    own.clusters(),
                    host,
                    row + layout.jointAt(),
                    JOINT,
                    host,
                    row + layout.audioAt(),
                    Optional.empty(),
                    scores);
            new MaskUpsampler(own, SIDE, SIDE, pixels).draw(choices[i].selected(), masks.get(i));
        }
        hostNanos += System.nanoTime() - start;
    }

    @Override
    public OptionalLong hostNanos() {
        return OptionalLong.of(hostNanos);
    }

    @Override
    public float[] output() {
        List<Outline> outlines = new ArrayList<>();
        for (int i = 0; i < choices.length; i++) {
            double[] shares = new double[K_MEANS.clusters()];
            for (int label : clusters.get(i).labels()) {
                shares[label] += 1.0 / TOKENS;
            }
            outlines.add(new Outline(choices[i].scores(), shares, masks.get(i)));
        }
        return Outline.values(outlines);
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        facts.put("picture", ClipWorkload.WIDTH + "x" + ClipWorkload.HEIGHT);
        work.total().addTo(facts);
        return facts;
    }

    @Override
    public void close() {
        program.close();
        workspace.close();
        backend.close();
    }
}
