package dev.earshot.bench.peers;

import dev.earshot.bench.result.ResidentMemory;
import dev.earshot.bench.work.Work;
import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.Segmenters;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.moca.ClusterScore;
import dev.earshot.segmentation.moca.MocaSettings;
import dev.earshot.segmentation.moca.MocaWeights;
import dev.earshot.segmentation.moca.ProposalMatching;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A whole clip through MoCA's public interface, from decoded pictures and waveforms to masks at picture size:
 * preprocessing, log-mel, audio trunk, adapted image trunk, k-means, choice of the sounding clusters, upsampling.
 * ImageBind-Huge with filler weights and six adapters; bench/peers/moca_clip.py does the same in PyTorch.
 */
final class ClipWorkload implements Workload {
    static final String NAME = "moca-clip";

    /** One frame, as soon as it can be had: a clip of one. */
    static final String OF_A_FRAME = "moca-frame-whole";

    static final int WIDTH = 640;
    static final int HEIGHT = 480;
    private static final int SAMPLES = 16_000;
    private static final int TILE = 40;
    private static final double LOUDNESS = 0.1;

    private final Backend backend;
    private final WorkCounter work = new WorkCounter();
    private final Segmenter segmenter;
    private final List<ClipFrame> frames;
    private final int blocks;
    private List<SegmentedFrame> result = List.of();

    /**
     * Loads the networks.
     *
     * @param blocks only the first ones of either trunk, at most as many as it has; 0: all
     */
    ClipWorkload(String backendName, int frames, int blocks, DType compute) {
        ImageBindConfig config = Networks.withDepth(blocks);
        this.blocks = config.vision().vit().depth();
        this.frames = frames(frames);
        backend = Backends.open(backendName);
        try (MocaWeights weights = MocaWeights.of(ImageBind.filler(config)).withAdapter(FillerAdapters.on(config))) {
            // A processor is as fast frame by frame, a card is not.
            int batch = backendName.startsWith("cpu") ? 1 : frames;
            segmenter = Segmenters.moca(work.over(backend), weights, settings(batch, compute));
        }
    }

    /** The defaults, but for the least score: with weights that were never trained nothing fits a sound by 0.05. */
    private static MocaSettings settings(int batch, DType compute) {
        MocaSettings d = MocaSettings.DEFAULT;
        return new MocaSettings(
                d.kMeans(),
                MocaSettings.Scope.FRAME,
                FeatureNorm.HEAD,
                ClusterScore.JOINT,
                MocaSettings.ScoringTrunk.ADAPTED,
                -1,
                d.tauRel(),
                d.silenceDbfs(),
                MocaSettings.JointCentring.NONE,
                ProposalMatching.DEFAULT,
                d.inputSize(),
                batch,
                compute);
    }

    /** Pictures of coloured tiles under noise, and noise to hear. */
    static List<ClipFrame> frames(int count) {
        float[] tiles = Filler.tensor("input.tiles", count, HEIGHT / TILE, WIDTH / TILE, 3)
                .toFloats();
        float[] noise = Filler.tensor("input.noise", count, HEIGHT, WIDTH, 3).toFloats();
        float[] sounds = Filler.tensor("input.waves", count, SAMPLES).toFloats();
        List<ClipFrame> frames = new ArrayList<>();
        for (int f = 0; f < count; f++) {
            byte[] rgb = new byte[HEIGHT * WIDTH * 3];
            for (int i = 0; i < rgb.length; i++) {
                int y = i / 3 / WIDTH;
                int x = i / 3 % WIDTH;
                int tile = ((f * (HEIGHT / TILE) + y / TILE) * (WIDTH / TILE) + x / TILE) * 3 + i % 3;
                double value = 128 + 50.0 * tiles[tile] + 10.0 * noise[f * rgb.length + i];
                rgb[i] = (byte) (int) Math.clamp(value, 0, 255);
            }
            float[] sound = new float[SAMPLES];
            for (int i = 0; i < SAMPLES; i++) {
                sound[i] = (float) (LOUDNESS * sounds[f * SAMPLES + i]);
            }
            frames.add(new ClipFrame(f, f, new RgbImage(WIDTH, HEIGHT, rgb), sound));
        }
        return frames;
    }

    @Override
    public void run() {
        result = segmenter.segment(frames);
    }

    /** See {@link Outline#values}. */
    @Override
    public float[] output() {
        return Outline.values(
                result.stream().map(frame -> Outline.of(frame.result())).toList());
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        facts.put("blocks", blocks);
        facts.put("picture", WIDTH + "x" + HEIGHT);
        work().addTo(facts);
        facts.put("peak_mb", ResidentMemory.ownPeakMegabytes());
        return facts;
    }

    /** Of one more run, for the first one captured what it then replayed. */
    private Work work() {
        Work before = work.total();
        run();
        return work.total().minus(before);
    }

    @Override
    public void close() {
        segmenter.close();
        backend.close();
    }
}
