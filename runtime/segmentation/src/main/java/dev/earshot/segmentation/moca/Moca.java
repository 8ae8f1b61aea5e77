package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.HostTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * MoCA (arXiv 2403.14203) from frames and their sound to masks: {@link #segment(List)} is the method to read. Frozen
 * ImageBind features, or audio-enhanced ones where adapters are loaded. Owns nothing but the pass; one thread at a time.
 */
final class Moca {
    private final AudioVisualEncoder encoder;
    private final MocaSettings settings;
    private final Optional<JointCentre> centre;
    private final Optional<MaskProposals> proposals;
    private final ImagePreprocess imagePreprocess;
    private final ImageBindAudio logMel = ImageBindAudio.STANDARD;
    private final CosineKMeans kMeans;
    private final SoundingClusters soundingClusters;

    Moca(
            AudioVisualEncoder encoder,
            MocaSettings settings,
            Optional<JointCentre> centre,
            Optional<MaskProposals> proposals) {
        this.encoder = encoder;
        this.settings = settings;
        this.centre = centre;
        this.proposals = proposals;
        this.imagePreprocess = ImagePreprocess.MOCA.square(settings.inputSize());
        this.kMeans = new CosineKMeans(settings.kMeans());
        this.soundingClusters = new SoundingClusters(settings.tauAbs(), settings.tauRel());
    }

    /**
     * The way of a frame: pixels and sound through the two trunks to features, clusters of the features, the clusters that
     * sound, their pixels, and the proposals that fit them. Silent frames get an empty mask and cost nothing.
     */
    List<SegmentedFrame> segment(List<Moment> moments) {
        List<Moment> sounding = moments.stream().filter(m -> !isSilent(m)).toList();
        List<SegmentedFrame> results = new ArrayList<>();
        if (!sounding.isEmpty()) {
            Stopwatch watch = new Stopwatch();
            int n = sounding.size();
            HostTensor images = images(sounding);
            HostTensor sounds = sounds(sounding);
            watch.lap("preprocess", n);
            AudioVisualEncoder.Encoded encoded = encoder.encode(images, sounds);
            watch.lap("networks", n);
            List<Clustering> clusterings = cluster(encoded, sounding);
            watch.lap("cluster", n);
            for (int i = 0; i < n; i++) {
                results.add(mask(sounding.get(i), encoded, i, clusterings.get(i), watch.times()));
            }
        }
        return inOrder(moments, results);
    }

    boolean isSilent(Moment moment) {
        return !(Loudness.dbfs(moment.sound()) >= settings.silenceDbfs());
    }

    private HostTensor images(List<Moment> moments) {
        int side = settings.inputSize();
        float[] values = new float[moments.size() * 3 * side * side];
        for (int i = 0; i < moments.size(); i++) {
            float[] one = imagePreprocess.apply(moments.get(i).image());
            System.arraycopy(one, 0, values, i * one.length, one.length);
        }
        return HostTensor.of(values, moments.size(), 3, side, side);
    }

    private HostTensor sounds(List<Moment> moments) {
        int size = logMel.clipSize();
        float[] values = new float[moments.size() * size];
        for (int i = 0; i < moments.size(); i++) {
            System.arraycopy(logMel.segment(moments.get(i).sound()), 0, values, i * size, size);
        }
        return HostTensor.of(values, moments.size(), 1, size / logMel.targetFrames(), logMel.targetFrames());
    }

    private List<Clustering> cluster(AudioVisualEncoder.Encoded encoded, List<Moment> moments) {
        int frameSize = encoded.tokens() * encoded.width();
        if (settings.scope() == MocaSettings.Scope.CLIP) {
            Clustering all =
                    kMeans.clusterFrame(encoded.features(), 0, moments.size() * encoded.tokens(), encoded.width(), 0);
            return frames(all, moments.size(), encoded.tokens());
        }
        List<Clustering> clusterings = new ArrayList<>();
        for (int i = 0; i < moments.size(); i++) {
            clusterings.add(kMeans.clusterFrame(
                    encoded.features(),
                    i * frameSize,
                    encoded.tokens(),
                    encoded.width(),
                    moments.get(i).index()));
        }
        return clusterings;
    }

    private static List<Clustering> frames(Clustering all, int frames, int tokens) {
        List<Clustering> each = new ArrayList<>();
        for (int i = 0; i < frames; i++) {
            int[] labels = Arrays.copyOfRange(all.labels(), i * tokens, (i + 1) * tokens);
            each.add(
                    new Clustering(all.clusters(), all.width(), labels, all.centroids(), all.inertia(), all.restart()));
        }
        return each;
    }

    private SegmentedFrame mask(
            Moment moment, AudioVisualEncoder.Encoded encoded, int at, Clustering clustering, StageTimes shared) {
        Stopwatch watch = new Stopwatch();
        ClusterChoice choice = choose(encoded, at, clustering);
        watch.lap("choose", 1);
        RgbImage image = moment.image();
        int side = gridSide(encoded.tokens());
        MaskUpsampler upsampler =
                new MaskUpsampler(encoded.features(), at * encoded.tokens() * encoded.width(), side, side, clustering);
        BinaryMask mask = upsampler.mask(choice.selected(), image.width(), image.height());
        watch.lap("upsample", 1);
        if (proposals.isPresent() && !mask.isEmpty()) {
            mask = settings.matching()
                    .match(
                            mask,
                            upsampler.masks(choice.selected(), image.width(), image.height()),
                            proposals.get().propose(image));
            watch.lap("match", 1);
        }
        FrameMask result = new FrameMask(
                moment.index(),
                moment.seconds(),
                mask,
                choice.bestScore(),
                regions(clustering, choice),
                Loudness.dbfs(moment.sound()),
                false,
                shared.plus(watch.times()));
        return new SegmentedFrame(image, result);
    }

    private ClusterChoice choose(AudioVisualEncoder.Encoded encoded, int at, Clustering clustering) {
        return switch (settings.score()) {
            case JOINT -> {
                int jointAt = at * encoded.tokens() * encoded.jointWidth();
                float[] audio =
                        Arrays.copyOfRange(encoded.audio(), at * encoded.jointWidth(), (at + 1) * encoded.jointWidth());
                yield soundingClusters.byJointSpace(
                        clustering.labels(), clustering.clusters(), encoded.joint(), jointAt, audio, centre);
            }
            case DELTA ->
                soundingClusters.byChange(
                        clustering.labels(),
                        clustering.clusters(),
                        encoded.features(),
                        encoded.plain(),
                        at * encoded.tokens() * encoded.width(),
                        encoded.width());
        };
    }

    private static List<FrameMask.Region> regions(Clustering clustering, ClusterChoice choice) {
        int[] counts = new int[clustering.clusters()];
        for (int label : clustering.labels()) {
            counts[label]++;
        }
        List<FrameMask.Region> regions = new ArrayList<>();
        for (int j = 0; j < counts.length; j++) {
            double share = (double) counts[j] / clustering.labels().length;
            regions.add(new FrameMask.Region(choice.scores()[j], choice.contrast(j), share, choice.selected()[j]));
        }
        return regions;
    }

    private static int gridSide(int tokens) {
        return (int) Math.round(Math.sqrt(tokens));
    }

    /** The results put back between the silent frames. */
    private List<SegmentedFrame> inOrder(List<Moment> moments, List<SegmentedFrame> sounding) {
        List<SegmentedFrame> all = new ArrayList<>();
        int next = 0;
        for (Moment moment : moments) {
            boolean has = next < sounding.size() && sounding.get(next).result().index() == moment.index();
            all.add(has ? sounding.get(next++) : silent(moment));
        }
        return all;
    }

    private static SegmentedFrame silent(Moment moment) {
        RgbImage image = moment.image();
        BinaryMask empty = new BinaryMask(image.width(), image.height());
        double level = Loudness.dbfs(moment.sound());
        return new SegmentedFrame(
                image,
                new FrameMask(moment.index(), moment.seconds(), empty, 0, List.of(), level, true, StageTimes.NONE));
    }
}
