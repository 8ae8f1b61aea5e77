package dev.earshot.segmentation.cascade;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.ClipStream;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.cascade.RegionScorer.Candidate;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.internal.ClipReader;
import dev.earshot.segmentation.internal.ComputedMasks;
import dev.earshot.segmentation.internal.OpenMasks;
import dev.earshot.segmentation.internal.StageClock;
import dev.earshot.segmentation.internal.Stopwatch;
import dev.earshot.segmentation.metrics.FramePrediction;
import dev.earshot.segmentation.moca.MaskProposals;
import dev.earshot.segmentation.moca.MocaModel;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * SAM-BIND (arXiv 2309.06728): a mask generator proposes objects, ImageBind says which of them sounds. Nothing is trained,
 * frames do not know of each other. {@link #outline} is the method to read. Frames are decoded ahead, results computed by one thread
 * at a time.
 */
public final class SamBind implements Segmenter {
    /** Frames that are decoded ahead of the networks. */
    private static final int FRAMES_AHEAD = 4;

    private final RegionScorer scorer;
    private final MaskProposals proposals;
    private final SamBindSettings settings;
    private final String precision;
    private final OpenMasks opened = new OpenMasks();
    private volatile boolean closed;

    /**
     * Loads ImageBind; use {@link dev.earshot.segmentation.Segmenters}. The weights may be closed afterwards, the backend
     * and the proposals not before this segmenter.
     *
     * @param proposals SAM's automatic masks, boxes suppressed at {@link SamBindSettings#BOX_NMS_THRESHOLD}; anything that
     *     outlines objects
     */
    public SamBind(Backend backend, Weights imageBind, MaskProposals proposals, SamBindSettings settings) {
        this(MocaModel.frozen(backend, imageBind, settings.compute()), proposals, settings);
    }

    /**
     * On the ImageBind of a model that others use too; its adapters, if any, are not used. The caller's handle may be closed
     * before this segmenter or after it.
     *
     * @throws IllegalArgumentException if the settings ask for another precision than the model was loaded with
     * @throws IllegalStateException if the model is closed
     */
    public static SamBind of(MocaModel model, MaskProposals proposals, SamBindSettings settings) {
        if (model.compute() != settings.compute()) {
            throw new IllegalArgumentException(
                    "SAM-BIND: expected settings for %s, the precision the model was loaded with, got %s"
                            .formatted(model.compute(), settings.compute()));
        }
        return new SamBind(model.share(), proposals, settings);
    }

    /** On a model whose handle is owned from now on. */
    private SamBind(MocaModel model, MaskProposals proposals, SamBindSettings settings) {
        this(
                new ImageBindEmbedder(model, settings.batch()),
                proposals,
                settings,
                model.backend().info().precision(settings.compute()));
    }

    /** With other networks, which are owned from now on. */
    SamBind(JointEmbedder embedder, MaskProposals proposals, SamBindSettings settings) {
        this(embedder, proposals, settings, settings.compute() == DType.BF16 ? "bf16" : "fp32");
    }

    private SamBind(JointEmbedder embedder, MaskProposals proposals, SamBindSettings settings, String precision) {
        this.scorer = new RegionScorer(embedder, settings.crop());
        this.proposals = proposals;
        this.settings = settings;
        this.precision = precision;
    }

    /**
     * The way of a frame: silence ends it; the frame at 224 x 224, proposals, the cosine of each one's crop with the sound,
     * those that pass, their union at the frame's own size.
     */
    private SegmentedFrame outline(ClipFrame frame) {
        if (settings.gate().closedFor(frame.sound())) {
            return result(frame, Optional.empty(), 0, List.of(), StageTimes.NONE);
        }
        Stopwatch watch = new Stopwatch(1);
        RgbImage image = resized(frame.image());
        List<BinaryMask> masks = proposals.propose(image).stream()
                .filter(mask -> share(mask) <= settings.maxArea())
                .toList();
        watch.lap("propose");
        List<Candidate> candidates = scorer.candidates(masks);
        List<float[]> pictures = scorer.pictures(image, candidates);
        watch.lap("preprocess");
        double[] cosines = scorer.cosines(pictures, frame.sound());
        watch.lap("networks");
        ProposalChoice.Chosen chosen = settings.choice().among(cosines);
        Optional<BinaryMask> union = union(candidates, chosen.kept());
        List<FrameMask.Region> regions = regions(candidates, cosines, chosen);
        watch.lap("choose");
        double score = union.isPresent() ? cosines[chosen.best()] : 0;
        return result(frame, union, score, regions, watch.times());
    }

    private RgbImage resized(RgbImage image) {
        int side = settings.frameSide();
        return image.width() == side && image.height() == side
                ? image
                : Resampler.resize(image, side, side, Filter.BILINEAR);
    }

    private static double share(BinaryMask mask) {
        return (double) mask.area() / ((double) mask.width() * mask.height());
    }

    private static Optional<BinaryMask> union(List<Candidate> candidates, boolean[] kept) {
        BinaryMask union = null;
        for (int i = 0; i < kept.length; i++) {
            if (kept[i]) {
                BinaryMask mask = candidates.get(i).mask();
                union = union == null ? new BinaryMask(mask.width(), mask.height()) : union;
                union.add(mask);
            }
        }
        return Optional.ofNullable(union);
    }

    private static List<FrameMask.Region> regions(
            List<Candidate> candidates, double[] cosines, ProposalChoice.Chosen chosen) {
        double mean = Arrays.stream(cosines).average().orElse(0);
        List<FrameMask.Region> regions = new ArrayList<>();
        for (int i = 0; i < cosines.length; i++) {
            Candidate one = candidates.get(i);
            FrameMask.Proposal proposal = new FrameMask.Proposal(one.box(), chosen.scaled()[i]);
            regions.add(new FrameMask.Region(
                    cosines[i], cosines[i] - mean, share(one.mask()), chosen.kept()[i], Optional.of(proposal)));
        }
        return regions;
    }

    private SegmentedFrame result(
            ClipFrame frame,
            Optional<BinaryMask> mask,
            double score,
            List<FrameMask.Region> regions,
            StageTimes times) {
        int width = frame.image().width();
        int height = frame.image().height();
        BinaryMask atFrameSize = mask.map(
                        m -> new FramePrediction.Mask(m).resized(width, height).mask())
                .orElseGet(() -> new BinaryMask(width, height));
        FrameMask result = new FrameMask(
                frame.index(),
                frame.timeSeconds(),
                atFrameSize,
                score,
                regions,
                Loudness.dbfs(frame.sound()),
                settings.gate().closedFor(frame.sound()),
                times);
        return new SegmentedFrame(frame, result);
    }

    @Override
    public Masks segment(Clip clip) {
        checkOpen();
        ClipStream stream = clip.stream();
        StageClock reading = new StageClock();
        return new Masks(opened.add(new ComputedMasks<>(
                stream,
                FRAMES_AHEAD,
                new ClipReader(stream, reading),
                frame -> List.of(outline(frame)),
                this::checkOpen,
                reading,
                () -> {})));
    }

    @Override
    public List<SegmentedFrame> segment(List<ClipFrame> frames) {
        checkOpen();
        return frames.stream().map(this::outline).toList();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("sam-bind: closed");
        }
    }

    @Override
    public String method() {
        return "sam-bind";
    }

    @Override
    public Map<String, String> settings() {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("proposals", proposals.name());
        words.putAll(proposals.settings());
        words.putAll(settings.words());
        words.put("precision", precision);
        return words;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            opened.close();
            scorer.close();
        }
    }
}
