package dev.earshot.bench.jmh;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Segmenters;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.ClusterChoice;
import dev.earshot.segmentation.moca.FrameClusters;
import dev.earshot.segmentation.moca.FrameRows;
import dev.earshot.segmentation.moca.MaskUpsampler;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.moca.MocaWeights;
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
import dev.earshot.tensor.weights.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One frame of a long clip, with the demo weights: from the decoded picture and its second of sound to the mask, and from
 * ImageBind-Huge's features to the mask. Run it with {@code -prof gc}: what a frame allocates is its mask (a bit per pixel)
 * and the records around it; drawn into a mask that the caller keeps, only the records.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx1g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
public class FrameBench {
    private static final String DEMO_WEIGHTS = "dev/earshot/tools/demo/imagebind-demo.safetensors";
    private static final int TOKENS = 256;
    private static final int WIDTH = 1280;
    private static final int JOINT = 1024;

    /** Name of the backend. */
    @Param("cpu")
    public String backendName;

    private Backend backend;
    private MocaWeights weights;
    private Segmenter moca;
    private List<ClipFrame> frame;
    private Workspace workspace;
    private Program program;
    private Tensor rows;
    private FrameRows layout;
    private float[] host;
    private FrameClusters clusters;
    private BinaryMask mask;
    private final SoundingClusters.Scratch scoreMemory = new SoundingClusters.Scratch();
    private final MaskUpsampler.Scratch pixelMemory = new MaskUpsampler.Scratch();

    /** Loads the demo weights and makes a frame of noise. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName);
        weights = demoWeights();
        moca = Segmenters.moca(backend, weights, MocaSettings.DEFAULT);
        SplittableRandom random = new SplittableRandom(5);
        byte[] rgb = new byte[3 * 640 * 360];
        random.nextBytes(rgb);
        frame = List.of(new ClipFrame(0, 0, new RgbImage(640, 360, rgb), floats(random, 16_000)));
        workspace = backend.workspace(8L << 20);
        Tensor features =
                backend.upload(workspace, HostTensor.of(floats(random, TOKENS * WIDTH), 1, TOKENS, WIDTH), DType.F32);
        HostTensor zero = new HostTensor(MemorySegment.ofArray(new int[1]), DType.I32, Shape.of(1));
        Tensor indices = backend.upload(workspace, zero, DType.I32);
        int k = KMeansSettings.DEFAULT.clusters();
        clusters = new FrameClusters(k, new int[TOKENS], new float[TOKENS * k]);
        mask = new BinaryMask(640, 360);
        Tensor joint =
                backend.upload(workspace, HostTensor.of(floats(random, TOKENS * JOINT), 1, TOKENS, JOINT), DType.F32);
        Tensor sound = backend.upload(workspace, HostTensor.of(floats(random, JOINT), 1, JOINT), DType.F32);
        program = backend.capture(b -> rows =
                FrameRows.gather(b, workspace, features, indices, Optional.of(KMeansSettings.DEFAULT), joint, sound));
        layout = new FrameRows(TOKENS, k, JOINT);
        host = new float[layout.width()];
    }

    /** The demo weights in the jar of the tools. */
    private static MocaWeights demoWeights() {
        try (InputStream in = FrameBench.class.getClassLoader().getResourceAsStream(DEMO_WEIGHTS)) {
            if (in == null) {
                throw new IllegalStateException(DEMO_WEIGHTS + ": expected on the class path, got nothing");
            }
            return MocaWeights.of(Safetensors.parse(in.readAllBytes(), DEMO_WEIGHTS));
        } catch (IOException e) {
            throw new UncheckedIOException(DEMO_WEIGHTS + " cannot be read", e);
        }
    }

    private static float[] floats(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() - 0.5);
        }
        return values;
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void close() {
        program.close();
        workspace.close();
        moca.close();
        weights.close();
        backend.close();
    }

    /** Picture and sound to mask: preprocessing, networks, clustering, choice, pixels. */
    @Benchmark
    public List<SegmentedFrame> pictureToMask() {
        return moca.segment(frame);
    }

    /** Features [256, 1280] to a mask of 640 x 360 in memory that is used again: clustering, one copy, choice, pixels. */
    @Benchmark
    public BinaryMask featuresToMask() {
        program.run();
        backend.download(rows, host);
        layout.readClusters(host, 0, clusters);
        ClusterChoice choice = new SoundingClusters(-1, 0.5)
                .byJointSpace(
                        clusters.labels(),
                        clusters.clusters(),
                        host,
                        layout.jointAt(),
                        JOINT,
                        host,
                        layout.audioAt(),
                        Optional.empty(),
                        scoreMemory);
        new MaskUpsampler(clusters, 16, 16, pixelMemory).draw(choice.selected(), mask);
        return mask;
    }
}
