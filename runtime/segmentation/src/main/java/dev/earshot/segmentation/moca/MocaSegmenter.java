package dev.earshot.segmentation.moca;

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
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@link Moca} behind the public interface: holds on to the networks, feeds it from a clip. */
public final class MocaSegmenter implements Segmenter {
    /** Frames that are decoded and preprocessed ahead of the networks: enough to ride out a slow one. */
    private static final int FRAMES_AHEAD = 4;

    private final MocaModel model;
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
        this(loaded(backend, weights, settings), settings, proposals);
    }

    /** Takes the model's ownership. */
    private MocaSegmenter(MocaModel model, MocaSettings settings, Optional<MaskProposals> proposals) {
        this.model = model;
        this.settings = settings;
        this.proposals = proposals;
        boolean centred = settings.jointCentre() == MocaSettings.JointCentring.CLASS_TOKEN;
        try {
            this.moca = new Moca(
                    encoder(),
                    new FeatureClustering(model.backend(), settings.kMeans(), settings.scope()),
                    settings,
                    centred ? model.centre() : Optional.empty(),
                    proposals);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * A segmenter on networks that others use too; it shares the model and keeps its own captured passes. The caller's
     * handle may be closed before this segmenter or after it, the backend and the proposals only after it.
     *
     * @throws IllegalArgumentException if the settings ask for another precision than the model was loaded with, or for
     *     adapters where it has none
     * @throws WeightsException if they ask for centre vectors where it has none
     * @throws IllegalStateException if the model is closed
     */
    public static MocaSegmenter of(MocaModel model, MocaSettings settings, Optional<MaskProposals> proposals) {
        if (model.compute() != settings.compute()) {
            throw new IllegalArgumentException(
                    "MoCA: expected settings for %s, the precision the model was loaded with, got %s"
                            .formatted(model.compute(), settings.compute()));
        }
        check(
                settings,
                model.source(),
                model.centre().isPresent(),
                model.adapters().isPresent());
        return new MocaSegmenter(model.share(), settings, proposals);
    }

    private static MocaModel loaded(Backend backend, MocaWeights weights, MocaSettings settings) {
        check(
                settings,
                weights.imageBind().source(),
                weights.centre().isPresent(),
                weights.adapter().isPresent());
        return MocaModel.load(backend, weights, settings.compute());
    }

    private static void check(MocaSettings settings, String source, boolean hasCentre, boolean hasAdapters) {
        if (settings.jointCentre() == MocaSettings.JointCentring.CLASS_TOKEN && !hasCentre) {
            throw WeightsException.of(
                    source,
                    "joint centre",
                    "centre vectors in " + MocaWeights.CENTRE_FILE,
                    "none",
                    "add the file or leave jointCentre at none");
        }
        if (settings.score() == ClusterScore.DELTA && !hasAdapters) {
            throw new IllegalArgumentException(
                    "score delta compares features with and without adapters: expected an adapter file, got none");
        }
    }

    private AudioVisualEncoder encoder() {
        ImageBind imageBind = model.imageBind();
        Optional<KMeansSettings> ofFrames =
                settings.scope() == MocaSettings.Scope.FRAME ? Optional.of(settings.kMeans()) : Optional.empty();
        if (model.adapters().isEmpty()) {
            return AudioVisualEncoder.frozen(imageBind, settings.featureNorm(), ofFrames);
        }
        return AudioVisualEncoder.adapted(
                imageBind,
                model.adapters().get(),
                settings.featureNorm(),
                ofFrames,
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
        words.put(
                "adapters",
                model.adapters().map(a -> a.config().pairs().toString()).orElse("none"));
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
        words.put("precision", model.backend().info().precision(settings.compute()));
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
            model.close();
        }
    }
}
