package dev.earshot.segmentation.moca;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.Clip;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.ClipStream;
import dev.earshot.segmentation.Masks;
import dev.earshot.segmentation.SegmentedFrame;
import dev.earshot.segmentation.Segmenter;
import dev.earshot.segmentation.internal.ComputedMasks;
import dev.earshot.segmentation.internal.OpenMasks;
import dev.earshot.segmentation.internal.StageClock;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@link Moca} behind the public interface: loads and owns the networks, feeds it from a clip. */
public final class MocaSegmenter implements Segmenter {
    /** Frames that are decoded and preprocessed ahead of the networks: enough to ride out a slow one. */
    private static final int FRAMES_AHEAD = 4;

    private final ImageBind model;
    private final Optional<AdaAvAdapters> adapters;
    private final Moca moca;
    private final MocaSettings settings;
    private final Optional<MaskProposals> proposals;
    private final OpenMasks opened = new OpenMasks();
    private volatile boolean closed;

    /**
     * Loads the networks; use {@link dev.earshot.segmentation.Segmenters}. The weights may be closed afterwards, the
     * backend and the proposals not before this segmenter.
     */
    public MocaSegmenter(
            Backend backend, MocaWeights weights, MocaSettings settings, Optional<MaskProposals> proposals) {
        boolean centred = settings.jointCentre() == MocaSettings.JointCentring.CLASS_TOKEN;
        if (centred && weights.centre().isEmpty()) {
            throw WeightsException.of(
                    weights.imageBind().source(),
                    "joint centre",
                    "centre vectors in " + MocaWeights.CENTRE_FILE,
                    "none",
                    "add the file or leave jointCentre at none");
        }
        if (settings.score() == ClusterScore.DELTA && weights.adapter().isEmpty()) {
            throw new IllegalArgumentException(
                    "score delta compares features with and without adapters: expected an adapter file, got none");
        }
        this.settings = settings;
        this.proposals = proposals;
        this.model = ImageBind.load(backend, weights.imageBind(), settings.compute());
        try {
            this.adapters = weights.adapter().map(file -> AdaAvAdapters.load(backend, file, model.config()));
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
        Optional<JointCentre> centre = centred ? weights.centre() : Optional.empty();
        this.moca = new Moca(
                encoder(),
                new FeatureClustering(backend, settings.kMeans(), settings.scope()),
                settings,
                centre,
                proposals);
    }

    private AudioVisualEncoder encoder() {
        if (adapters.isEmpty()) {
            return AudioVisualEncoder.frozen(model, settings.featureNorm());
        }
        return AudioVisualEncoder.adapted(
                model,
                adapters.get(),
                settings.featureNorm(),
                settings.score() == ClusterScore.DELTA,
                settings.scoringTrunk() == MocaSettings.ScoringTrunk.FROZEN);
    }

    @Override
    public Masks segment(Clip clip) {
        checkOpen();
        ClipStream stream = clip.stream();
        StageClock reading = new StageClock();
        return new Masks(opened.add(
                switch (settings.scope()) {
                    case FRAME -> {
                        List<FrameInputs> turns = moca.borrowInputs(2 + batchesAhead());
                        yield new ComputedMasks<FrameInputs>(
                                stream,
                                batchesAhead(),
                                new FrameReader(stream, turns, settings.batch(), reading),
                                moca::segment,
                                this::checkOpen,
                                reading,
                                () -> moca.giveBack(turns));
                    }
                    case CLIP ->
                        new ComputedMasks<>(
                                stream,
                                1,
                                new WholeClipReader(stream, reading),
                                moca::segment,
                                this::checkOpen,
                                reading,
                                () -> {});
                }));
    }

    private int batchesAhead() {
        return Math.ceilDiv(FRAMES_AHEAD, settings.batch());
    }

    @Override
    public List<SegmentedFrame> segment(List<ClipFrame> frames) {
        checkOpen();
        return moca.segment(frames);
    }

    /**
     * Grades the places of a single frame, for benchmarks that ask for a map and not for a mask.
     *
     * @throws IllegalStateException if closed
     */
    public SoundMap localise(ClipFrame frame) {
        checkOpen();
        return moca.localise(frame);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("moca: closed");
        }
    }

    @Override
    public String method() {
        return "moca";
    }

    @Override
    public Map<String, String> settings() {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("adapters", adapters.map(a -> a.config().pairs().toString()).orElse("none"));
        words.put("clusters", String.valueOf(settings.kMeans().clusters()));
        words.put("restarts", String.valueOf(settings.kMeans().restarts()));
        words.put("seed", String.valueOf(settings.kMeans().seed()));
        words.put("hartigan", String.valueOf(settings.kMeans().hartigan()));
        words.put("scope", word(settings.scope()));
        words.put("featureNorm", word(settings.featureNorm()));
        words.put("score", word(settings.score()));
        words.put("scoringTrunk", word(settings.scoringTrunk()));
        words.put("tauAbs", String.valueOf(settings.tauAbs()));
        words.put("tauRel", String.valueOf(settings.tauRel()));
        words.put("silenceDbfs", String.valueOf(settings.silenceDbfs()));
        words.put("jointCentre", word(settings.jointCentre()));
        words.put("proposals", proposals.map(MaskProposals::name).orElse("none"));
        proposals.ifPresent(source -> {
            words.putAll(source.settings());
            words.put("matchThreshold", String.valueOf(settings.matching().threshold()));
            words.put("matchReferences", word(settings.matching().references()));
            words.put("matchFallback", word(settings.matching().fallback()));
        });
        words.put("inputSize", String.valueOf(settings.inputSize()));
        words.put("precision", settings.compute() == DType.BF16 ? "bf16" : "fp32");
        return words;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            opened.close();
            moca.close();
            adapters.ifPresent(AdaAvAdapters::close);
            model.close();
        }
    }
}
