package dev.earshot.segmentation.training;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.AdaptedImageBind.Heard;
import dev.earshot.segmentation.moca.JointCentre;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.autograd.Tape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Learns MoCA's adapters (arXiv 2403.14203): {@link #step} is the method to read. The first step is captured as two
 * programs, one up to the gradients and one for the optimiser; every later step replays them and allocates nothing in
 * them. Owns its buffers, not the model, the adapters or the caches. One thread at a time.
 */
public final class MocaTrainer implements AutoCloseable {
    private static final long FIRST_BYTES = 1 << 20;

    /** Anchor, positive and negative. */
    private static final int GROUPS = 3;

    private final Backend backend;
    private final AdaptedImageBind model;
    private final MocaRecipe recipe;
    private final FrozenInputs frozen;
    private final NeighbourTable table;
    private final Workspace ws;
    private final Tape tape;
    private final Optimizer optimizer;
    private final TripletMeasures measures;

    private final Tensor stream; // [3 B, 1 + P, d_v]: enters the first adapted block; anchors, positives, negatives
    private final Heard heard; // of the B anchors
    private final Heard otherHeard; // of the B negatives, where sounds are swapped; else the same as heard
    private final Optional<SoundWeights> soundWeights;
    private final Tensor swappedLoss; // []
    private TripletSampler sampler;
    private TripletLoss.Result loss;
    private Program toGradients;
    private Program update;
    private Tensor squaredNorm;
    private long step;

    /**
     * What a step reads of the frozen trunks.
     *
     * @param clips where names come from
     * @param images image streams entering the first adapted block
     * @param sounds states of the paired audio blocks
     * @param centre centre vectors of the joint space, where the recipe asks for them
     */
    public record FrozenInputs(
            TrainingClips clips, ImageStateCache images, AudioStateCache sounds, Optional<JointCentre> centre) {}

    /**
     * A training before its first step.
     *
     * @param model with the adapters to train, in their first state
     * @param recompute keeps only one state per adapted block for the backward pass and runs the block again
     */
    public MocaTrainer(
            AdaptedImageBind model, MocaRecipe recipe, FrozenInputs frozen, NeighbourTable table, boolean recompute) {
        this.backend = model.model().backend();
        this.model = model;
        this.recipe = recipe;
        this.frozen = frozen;
        this.table = table;
        this.sampler = new TripletSampler(table, recipe.triplets().batch(), recipe.seed());
        this.ws = backend.workspace(FIRST_BYTES);
        this.tape = new Tape(backend, recompute);
        int batch = recipe.triplets().batch();
        this.stream = frozen.images().allocate(ws, GROUPS * batch);
        this.heard = frozen.sounds().allocate(ws, batch);
        RecipeExtras extras = recipe.extras();
        this.otherHeard = swapping() ? frozen.sounds().allocate(ws, batch) : heard;
        this.soundWeights = extras.weightTemperature() > 0
                ? Optional.of(new SoundWeights(model, extras.weightTemperature(), frozen.centre(), ws))
                : Optional.empty();
        this.swappedLoss = ws.allocate(DType.F32);
        backend.training().fill(swappedLoss, 0);
        Map<String, Tensor> parameters = model.adapters().parameters();
        this.optimizer = new Optimizer(backend, ws, parameters, recipe.optimizer(), MocaTrainer::decays);
        parameters.forEach(
                (name, parameter) -> tape.watch(parameter, optimizer.gradients().get(name)));
        this.measures = new TripletMeasures(recipe.triplets(), batch, Math.toIntExact(stream.dim(1) - 1));
    }

    private boolean swapping() {
        return recipe.extras().swappedNegatives() > 0;
    }

    /** Gates and latents do not decay: a gate at 0 stops learning, equal latents stay equal. */
    private static boolean decays(String parameter) {
        return !parameter.endsWith(".gate") && !parameter.endsWith(".gate_av") && !parameter.endsWith(".latents");
    }

    /**
     * One step: draw a batch, take what the frozen trunks make of its pictures and of the anchors' sounds, run the adapted
     * blocks, match pixels, differentiate the hinge, move the adapters.
     *
     * @throws DivergedException if the loss or a gradient is not finite; nothing has been changed then
     */
    public StepReport step() {
        TripletSampler.Batch batch = sampler.next();
        frozen.images().load(images(batch), stream);
        frozen.sounds().load(batch.anchors(), heard);
        if (swapping()) {
            frozen.sounds().load(batch.negatives(), otherHeard);
        }
        if (toGradients == null) {
            toGradients = backend.capture(_ -> forwardAndBackward());
        } else {
            toGradients.run();
        }
        StepReport report = measures.read(backend, loss, swappedLoss, squaredNorm, step + 1, recipe.optimizer());
        requireFinite(report, batch);
        optimizer.prepare(step + 1, report.gradientNorm());
        if (update == null) {
            update = backend.capture(_ -> optimizer.apply());
        } else {
            update.run();
        }
        step++;
        return report;
    }

    private void forwardAndBackward() {
        try (Workspace.Frame _ = ws.frame()) {
            tape.reset();
            Tensor anchors = stream.slice(0, 0, recipe.triplets().batch());
            Optional<Tensor> weights = soundWeights.map(of -> of.of(backend, ws, anchors, heard.embedding()));
            Tensor swapped = swapping() ? backend.copy(ws, anchors, DType.F32) : anchors;
            Tensor features = features(stream, heard); // [3 B, H, W, d_v]
            TripletSettings settings = recipe.triplets();
            TripletLoss triplets = new TripletLoss(settings.matching(), settings.margin(), weights);
            loss = triplets.of(tape, ws, features);
            Tensor total = swapping() ? withSwapped(triplets, features, swapped) : loss.mean();
            tape.zeroGradients();
            tape.backward(total);
            squaredNorm = optimizer.squaredNorm();
        }
    }

    /** Image streams that enter the first adapted block to features; the stream is overwritten. */
    private Tensor features(Tensor entering, Heard sounds) {
        model.encodeFrom(tape, ws, entering, sounds);
        Tensor tokens = model.features(tape, ws, entering, recipe.triplets().featureNorm());
        long side = Math.round(Math.sqrt(tokens.dim(1)));
        return tokens.reshape(tokens.dim(0), side, side, tokens.dim(2));
    }

    /** The loss with the second hinge: the anchors' pictures once more, with the negatives' sounds. */
    private Tensor withSwapped(TripletLoss triplets, Tensor features, Tensor swapped) {
        Tensor hinge = triplets.swapped(tape, ws, features, features(swapped, otherHeard), loss);
        backend.copy(hinge, swappedLoss);
        Tensor total = ws.allocate(DType.F32);
        tape.affine(hinge, (float) recipe.extras().swappedNegatives(), 0, total);
        tape.binary(BinaryOp.ADD, total, loss.mean(), total);
        return total;
    }

    private static int[] images(TripletSampler.Batch batch) {
        int size = batch.anchors().length;
        int[] all = Arrays.copyOf(batch.anchors(), GROUPS * size);
        System.arraycopy(batch.positives(), 0, all, size, size);
        System.arraycopy(batch.negatives(), 0, all, 2 * size, size);
        return all;
    }

    private void requireFinite(StepReport report, TripletSampler.Batch batch) {
        boolean finite = Double.isFinite(report.loss() + report.swappedLoss());
        if (finite && Double.isFinite(report.gradientNorm())) {
            return;
        }
        throw new DivergedException(
                "training step %d: expected finite numbers, got %s; anchors %s; positives %s; negatives %s — a lower learning rate or --clip-norm may help, and the last checkpoint is intact"
                        .formatted(
                                step + 1,
                                finite
                                        ? "a gradient norm of " + report.gradientNorm()
                                        : "a loss of " + (report.loss() + report.swappedLoss()),
                                names(batch.anchors()),
                                names(batch.positives()),
                                names(batch.negatives())));
    }

    private String names(int[] clips) {
        return IntStream.of(clips)
                .mapToObj(clip -> frozen.clips().name(clip).toString())
                .collect(Collectors.joining(" "));
    }

    /** Steps done. */
    public long steps() {
        return step;
    }

    /** The adapters in their present state. */
    public AdaAvAdapters adapters() {
        return model.adapters();
    }

    /** The hyper-parameters. */
    public MocaRecipe recipe() {
        return recipe;
    }

    /** Bytes of the workspaces: activations kept for the backward pass, gradients, moments, inputs. */
    public long workspaceBytes() {
        return ws.capacityBytes() + tape.savedBytes() + tape.gradientBytes();
    }

    /** The present state, on the host. */
    Checkpoint checkpoint(Map<String, String> hashes, Map<String, Double> running) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        download(adapters().parameters(), Checkpoint.ADAPTER, tensors);
        download(optimizer.firstMoments(), Checkpoint.FIRST_MOMENT, tensors);
        download(optimizer.secondMoments(), Checkpoint.SECOND_MOMENT, tensors);
        Map<String, String> settings = recipe.describe(model.model().config());
        return new Checkpoint(step, sampler.state(), settings, hashes, running, tensors);
    }

    private void download(Map<String, Tensor> from, String prefix, Map<String, HostTensor> into) {
        from.forEach((name, tensor) -> into.put(
                prefix + name,
                HostTensor.of(backend.download(tensor), tensor.shape().toArray())));
    }

    /** Goes back or forward to a state of a training with the same settings. */
    void restore(Checkpoint checkpoint) {
        upload(checkpoint.tensors(Checkpoint.ADAPTER), adapters().parameters());
        upload(checkpoint.tensors(Checkpoint.FIRST_MOMENT), optimizer.firstMoments());
        upload(checkpoint.tensors(Checkpoint.SECOND_MOMENT), optimizer.secondMoments());
        sampler = new TripletSampler(table, recipe.triplets().batch(), checkpoint.sampler());
        step = checkpoint.step();
    }

    private void upload(Map<String, HostTensor> from, Map<String, Tensor> into) {
        if (!from.keySet().equals(into.keySet())) {
            throw new IllegalArgumentException(
                    "checkpoint: expected tensors %s, got %s".formatted(into.keySet(), from.keySet()));
        }
        from.forEach((name, tensor) -> {
            if (tensor.dtype() != DType.F32) {
                throw new IllegalArgumentException(
                        "checkpoint tensor %s: expected F32, got %s".formatted(name, tensor.dtype()));
            }
            backend.upload(tensor, into.get(name));
        });
    }

    @Override
    public void close() {
        if (update != null) {
            update.close();
        }
        if (toGradients != null) {
            toGradients.close();
        }
        tape.close();
        ws.close();
    }
}
