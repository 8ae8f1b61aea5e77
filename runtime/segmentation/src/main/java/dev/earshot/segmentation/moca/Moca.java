package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.internal.Stopwatch;
import dev.earshot.segmentation.internal.UnitVectors;
import dev.earshot.segmentation.metrics.HeatMap;
import dev.earshot.segmentation.moca.AudioVisualEncoder.Encoded;
import dev.earshot.segmentation.moca.FrameInputs.Heard;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * MoCA (arXiv 2403.14203) from frames and their sound to masks: {@link #segment} is the method to read. Frozen ImageBind
 * features, or audio-enhanced ones where adapters are loaded. One thread at a time.
 */
final class Moca implements AutoCloseable {
    private final AudioVisualEncoder encoder;
    private final MocaSettings settings;
    private final Optional<JointCentre> centre;
    private final Optional<MaskProposals> proposals;
    private final FeatureClustering clustering;
    private final SoundingClusters soundingClusters;
    private final SoundingClusters.Scratch scoreMemory = new SoundingClusters.Scratch();
    private final MaskUpsampler.Scratch upsamplerMemory = new MaskUpsampler.Scratch();
    private final Arena memory = Arena.ofShared(); // of all inputs, as long as the networks live
    private final Deque<FrameInputs> spareInputs = new ArrayDeque<>();

    /** Owns the encoder and the clustering; the proposals are the caller's. */
    Moca(
            AudioVisualEncoder encoder,
            FeatureClustering clustering,
            MocaSettings settings,
            Optional<JointCentre> centre,
            Optional<MaskProposals> proposals) {
        this.encoder = encoder;
        this.settings = settings;
        this.centre = centre;
        this.proposals = proposals;
        this.clustering = clustering;
        this.soundingClusters = new SoundingClusters(settings.tauAbs(), settings.tauRel());
    }

    /**
     * The way of a frame: picture and sound through the two trunks to features, clusters of the features, the clusters
     * that sound, their pixels, and the proposals that fit them. Silent frames get an empty mask and cost nothing.
     *
     * @param frames all frames of a batch, or of a clip whose frames are clustered together
     * @param inputs those that sound, preprocessed
     */
    private List<SegmentedFrame> segment(List<Heard> frames, Iterable<FrameInputs> inputs) {
        int sounding = (int) frames.stream().filter(frame -> !frame.silent()).count();
        if (sounding == 0) {
            return frames.stream().map(Moca::silent).toList();
        }
        Stopwatch watch = new Stopwatch(sounding);
        Tokens tokens = tokens(inputs, sounding, watch);
        StageTimes shared = watch.times();
        List<SegmentedFrame> results = new ArrayList<>(frames.size());
        int next = 0;
        for (Heard frame : frames) {
            results.add(frame.silent() ? silent(frame) : outline(frame, tokens, next++, shared));
        }
        return results;
    }

    /** Outlines a batch of frames that were preprocessed ahead. */
    List<SegmentedFrame> segment(FrameInputs batch) {
        return segment(batch.frames(), List.of(batch));
    }

    /** Outlines frames, preprocessing them batch by batch between the networks' passes. */
    List<SegmentedFrame> segment(List<ClipFrame> frames) {
        List<Heard> heard = frames.stream().map(this::heard).toList();
        List<ClipFrame> sounding = heard.stream()
                .filter(frame -> !frame.silent())
                .map(Heard::frame)
                .toList();
        FrameInputs inputs = borrowInputs(1).getFirst();
        try {
            return segment(heard, () -> batches(sounding).map(inputs::with).iterator());
        } finally {
            giveBack(List.of(inputs));
        }
    }

    private Stream<List<ClipFrame>> batches(List<ClipFrame> frames) {
        int batch = settings.batch();
        return IntStream.range(0, Math.ceilDiv(frames.size(), batch))
                .mapToObj(i -> frames.subList(i * batch, Math.min(frames.size(), (i + 1) * batch)));
    }

    private Heard heard(ClipFrame frame) {
        return Heard.of(frame, settings.silenceDbfs());
    }

    /** Memory for batches of frames, kept and lent again; any thread may ask. */
    List<FrameInputs> borrowInputs(int count) {
        synchronized (spareInputs) {
            List<FrameInputs> lent = new ArrayList<>();
            while (lent.size() < count) {
                lent.add(spareInputs.isEmpty() ? new FrameInputs(settings, memory) : spareInputs.remove());
            }
            return lent;
        }
    }

    /** Takes inputs back that nobody uses any more. */
    void giveBack(List<FrameInputs> inputs) {
        synchronized (spareInputs) {
            inputs.forEach(FrameInputs::clear);
            spareInputs.addAll(inputs);
        }
    }

    /**
     * A frame as {@link #segment} outlines it, with the cosine between each token of the joint space and the sound. The map
     * of a silent frame is -1 everywhere: nothing in it sounds.
     */
    SoundMap localise(ClipFrame frame) {
        Heard heard = heard(frame);
        if (heard.silent()) {
            return new SoundMap(
                    new HeatMap(1, 1, new float[] {-1}), silent(heard).result());
        }
        List<FrameInputs> inputs = borrowInputs(1);
        try {
            Stopwatch watch = new Stopwatch(1);
            Tokens tokens = tokens(List.of(inputs.getFirst().with(List.of(frame))), 1, watch);
            FrameMask mask = outline(heard, tokens, 0, watch.times()).result();
            return new SoundMap(cosines(tokens.encoded()), mask);
        } finally {
            giveBack(inputs);
        }
    }

    /** The cosines of the only frame of a batch on its token grid. */
    private static HeatMap cosines(Encoded encoded) {
        FrameRows layout = encoded.layout();
        int side = (int) Math.round(Math.sqrt(layout.tokens()));
        int width = layout.jointWidth();
        float[] row = encoded.rows();
        UnitVectors.normalize(row, layout.audioAt(), width);
        float[] cosines = new float[layout.tokens()];
        for (int i = 0; i < cosines.length; i++) {
            int token = layout.jointAt() + i * width;
            UnitVectors.normalize(row, token, width);
            cosines[i] = (float) UnitVectors.dot(row, token, row, layout.audioAt(), width);
        }
        return new HeatMap(side, side, cosines);
    }

    /**
     * What the networks and the clustering give for some frames.
     *
     * @param clusters by frame
     */
    private record Tokens(Encoded encoded, List<FrameClusters> clusters) {}

    /**
     * Runs the networks over groups of 2^n frames, so that few shapes are captured whatever the number of frames, and
     * clusters the features before the next group takes their place.
     */
    private Tokens tokens(Iterable<FrameInputs> batches, int sounding, Stopwatch watch) {
        List<Encoded> parts = new ArrayList<>();
        try (FeatureClustering.Run clusters = clustering.start(sounding)) {
            for (FrameInputs batch : batches) {
                watch.add("preprocess", batch.preprocessNanos());
                for (int from = 0; from < batch.sounding(); ) {
                    int size = Integer.highestOneBit(batch.sounding() - from);
                    AudioVisualEncoder.Output output = encoder.encode(
                            batch.pictures(from, size), batch.sounds(from, size), batch.indices(from, size));
                    Encoded group = parts.isEmpty() ? encoder.downloadAgain(output) : encoder.download(output);
                    watch.lap("networks");
                    parts.add(group);
                    clusters.add(output.features(), group);
                    watch.lap("cluster");
                    from += size;
                }
            }
            List<FrameClusters> each = clusters.finish();
            watch.lap("cluster");
            return new Tokens(Encoded.join(parts), each);
        }
    }

    private SegmentedFrame outline(Heard heard, Tokens tokens, int at, StageTimes shared) {
        Stopwatch watch = new Stopwatch(1);
        ClipFrame frame = heard.frame();
        RgbImage image = frame.image();
        FrameClusters clusters = tokens.clusters().get(at);
        ClusterChoice choice = choose(tokens.encoded(), at, clusters);
        watch.lap("choose");
        int side = (int) Math.round(Math.sqrt(clusters.labels().length));
        MaskUpsampler upsampler = new MaskUpsampler(clusters, side, side, upsamplerMemory);
        BinaryMask mask = upsampler.mask(choice.selected(), image.width(), image.height());
        watch.lap("upsample");
        if (proposals.isPresent() && !mask.isEmpty()) {
            List<BinaryMask> each = upsampler.masks(choice.selected(), image.width(), image.height());
            mask = settings.matching().match(mask, each, proposals.get().propose(image));
            watch.lap("match");
        }
        FrameMask result = new FrameMask(
                frame.index(),
                frame.timeSeconds(),
                mask,
                choice.bestScore(),
                regions(clusters, choice),
                heard.loudnessDbfs(),
                false,
                shared.plus(watch.times()));
        return new SegmentedFrame(frame, result);
    }

    private ClusterChoice choose(Encoded encoded, int at, FrameClusters frame) {
        int[] labels = frame.labels();
        int clusters = frame.clusters();
        return switch (settings.score()) {
            case JOINT -> {
                FrameRows layout = encoded.layout();
                yield soundingClusters.byJointSpace(
                        labels,
                        clusters,
                        encoded.rows(),
                        encoded.row(at) + layout.jointAt(),
                        layout.jointWidth(),
                        encoded.rows(),
                        encoded.row(at) + layout.audioAt(),
                        centre,
                        scoreMemory);
            }
            case DELTA -> {
                AudioVisualEncoder.Change change = encoded.change().orElseThrow();
                int offset = at * encoded.layout().tokens() * change.width();
                yield soundingClusters.byChange(
                        labels, clusters, change.features(), change.plain(), offset, change.width());
            }
        };
    }

    private static List<FrameMask.Region> regions(FrameClusters clusters, ClusterChoice choice) {
        int[] counts = new int[clusters.clusters()];
        for (int label : clusters.labels()) {
            counts[label]++;
        }
        List<FrameMask.Region> regions = new ArrayList<>();
        for (int j = 0; j < counts.length; j++) {
            double share = (double) counts[j] / clusters.labels().length;
            regions.add(new FrameMask.Region(choice.scores()[j], choice.contrast(j), share, choice.selected()[j]));
        }
        return regions;
    }

    private static SegmentedFrame silent(Heard heard) {
        ClipFrame frame = heard.frame();
        RgbImage image = frame.image();
        FrameMask result = new FrameMask(
                frame.index(),
                frame.timeSeconds(),
                new BinaryMask(image.width(), image.height()),
                0,
                List.of(),
                heard.loudnessDbfs(),
                true,
                StageTimes.NONE);
        return new SegmentedFrame(frame, result);
    }

    @Override
    public void close() {
        clustering.close();
        encoder.close();
        memory.close();
    }
}
