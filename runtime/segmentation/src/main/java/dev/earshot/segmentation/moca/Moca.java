package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.internal.Stopwatch;
import dev.earshot.segmentation.internal.UnitVectors;
import dev.earshot.segmentation.metrics.HeatMap;
import dev.earshot.segmentation.moca.AudioVisualEncoder.Encoded;
import dev.earshot.tensor.HostTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * MoCA (arXiv 2403.14203) from frames and their sound to masks: {@link #segment} is the method to read. Frozen ImageBind
 * features, or audio-enhanced ones where adapters are loaded. One thread at a time.
 */
final class Moca implements AutoCloseable {
    private final AudioVisualEncoder encoder;
    private final MocaSettings settings;
    private final Optional<JointCentre> centre;
    private final Optional<MaskProposals> proposals;
    private final ImagePreprocess imagePreprocess;
    private final ImageBindAudio logMel = ImageBindAudio.STANDARD;
    private final FeatureClustering clustering;
    private final SoundingClusters soundingClusters;

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
        this.imagePreprocess = ImagePreprocess.MOCA.square(settings.inputSize());
        this.clustering = clustering;
        this.soundingClusters = new SoundingClusters(settings.tauAbs(), settings.tauRel());
    }

    /**
     * The way of a frame: picture and sound through the two trunks to features, clusters of the features, the clusters
     * that sound, their pixels, and the proposals that fit them. Silent frames get an empty mask and cost nothing.
     */
    List<SegmentedFrame> segment(List<ClipFrame> frames) {
        List<ClipFrame> sounding = frames.stream().filter(f -> !isSilent(f)).toList();
        List<SegmentedFrame> results = new ArrayList<>();
        if (!sounding.isEmpty()) {
            Stopwatch watch = new Stopwatch(sounding.size());
            Tokens tokens = tokens(sounding, watch);
            for (int i = 0; i < sounding.size(); i++) {
                results.add(outline(sounding.get(i), tokens, i, watch.times()));
            }
        }
        return withSilent(frames, results);
    }

    /**
     * A frame as {@link #segment} outlines it, with the cosine between each token of the joint space and the sound. The map
     * of a silent frame is -1 everywhere: nothing in it sounds.
     */
    SoundMap localise(ClipFrame frame) {
        if (isSilent(frame)) {
            return new SoundMap(
                    new HeatMap(1, 1, new float[] {-1}), silent(frame).result());
        }
        Stopwatch watch = new Stopwatch(1);
        Tokens tokens = tokens(List.of(frame), watch);
        FrameMask mask = outline(frame, tokens, 0, watch.times()).result();
        return new SoundMap(cosines(tokens.encoded()), mask);
    }

    /** The cosines of the only frame of a batch on its token grid. */
    private static HeatMap cosines(Encoded encoded) {
        int side = (int) Math.round(Math.sqrt(encoded.tokens()));
        int width = encoded.jointWidth();
        float[] tokens = encoded.joint();
        float[] sound = encoded.audio();
        UnitVectors.normalize(sound, 0, width);
        float[] cosines = new float[encoded.tokens()];
        for (int i = 0; i < cosines.length; i++) {
            UnitVectors.normalize(tokens, i * width, width);
            cosines[i] = (float) UnitVectors.dot(tokens, i * width, sound, 0, width);
        }
        return new HeatMap(side, side, cosines);
    }

    private boolean isSilent(ClipFrame frame) {
        return !(Loudness.dbfs(frame.sound()) >= settings.silenceDbfs());
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
    private Tokens tokens(List<ClipFrame> frames, Stopwatch watch) {
        List<Encoded> parts = new ArrayList<>();
        try (FeatureClustering.Run clusters = clustering.start(frames.size())) {
            for (int from = 0; from < frames.size(); ) {
                int size = Integer.highestOneBit(Math.min(settings.batch(), frames.size() - from));
                List<ClipFrame> group = frames.subList(from, from + size);
                HostTensor images = images(group);
                HostTensor sounds = sounds(group);
                watch.lap("preprocess");
                AudioVisualEncoder.Output output = encoder.encode(images, sounds);
                parts.add(encoder.download(output));
                watch.lap("networks");
                int[] indices = group.stream().mapToInt(ClipFrame::index).toArray();
                clusters.add(output.features(), indices);
                watch.lap("cluster");
                from += size;
            }
            List<FrameClusters> each = clusters.finish();
            watch.lap("cluster");
            return new Tokens(Encoded.join(parts), each);
        }
    }

    private HostTensor images(List<ClipFrame> frames) {
        int side = settings.inputSize();
        float[] values = new float[frames.size() * 3 * side * side];
        for (int i = 0; i < frames.size(); i++) {
            float[] one = imagePreprocess.apply(frames.get(i).image());
            System.arraycopy(one, 0, values, i * one.length, one.length);
        }
        return HostTensor.of(values, frames.size(), 3, side, side);
    }

    private HostTensor sounds(List<ClipFrame> frames) {
        int size = logMel.clipSize();
        int mels = logMel.fbank().options().melBins();
        float[] values = new float[frames.size() * size];
        for (int i = 0; i < frames.size(); i++) {
            System.arraycopy(logMel.segment(frames.get(i).sound()), 0, values, i * size, size);
        }
        return HostTensor.of(values, frames.size(), 1, mels, logMel.targetFrames());
    }

    private SegmentedFrame outline(ClipFrame frame, Tokens tokens, int at, StageTimes shared) {
        Stopwatch watch = new Stopwatch(1);
        RgbImage image = frame.image();
        FrameClusters clusters = tokens.clusters().get(at);
        ClusterChoice choice = choose(tokens.encoded(), at, clusters);
        watch.lap("choose");
        int side = (int) Math.round(Math.sqrt(clusters.labels().length));
        MaskUpsampler upsampler = new MaskUpsampler(clusters, side, side);
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
                Loudness.dbfs(frame.sound()),
                false,
                shared.plus(watch.times()));
        return new SegmentedFrame(frame, result);
    }

    private ClusterChoice choose(Encoded encoded, int at, FrameClusters frame) {
        int[] labels = frame.labels();
        int clusters = frame.clusters();
        return switch (settings.score()) {
            case JOINT -> {
                int width = encoded.jointWidth();
                float[] audio = Arrays.copyOfRange(encoded.audio(), at * width, (at + 1) * width);
                int offset = at * encoded.tokens() * width;
                yield soundingClusters.byJointSpace(labels, clusters, encoded.joint(), offset, audio, centre);
            }
            case DELTA -> {
                AudioVisualEncoder.Change change = encoded.change().orElseThrow();
                int offset = at * encoded.tokens() * change.width();
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

    /** The results with the silent frames put back between them. */
    private static List<SegmentedFrame> withSilent(List<ClipFrame> frames, List<SegmentedFrame> sounding) {
        List<SegmentedFrame> all = new ArrayList<>();
        int next = 0;
        for (ClipFrame frame : frames) {
            boolean sounds =
                    next < sounding.size() && sounding.get(next).result().index() == frame.index();
            all.add(sounds ? sounding.get(next++) : silent(frame));
        }
        return all;
    }

    private static SegmentedFrame silent(ClipFrame frame) {
        RgbImage image = frame.image();
        FrameMask result = new FrameMask(
                frame.index(),
                frame.timeSeconds(),
                new BinaryMask(image.width(), image.height()),
                0,
                List.of(),
                Loudness.dbfs(frame.sound()),
                true,
                StageTimes.NONE);
        return new SegmentedFrame(frame, result);
    }

    @Override
    public void close() {
        clustering.close();
        encoder.close();
    }
}
