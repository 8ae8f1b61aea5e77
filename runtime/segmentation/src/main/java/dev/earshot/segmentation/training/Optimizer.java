package dev.earshot.segmentation.training;

import dev.earshot.tensor.AdamStep;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.Workspace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Adam or AdamW over named parameters: gradients, moments and the scalars of the current step. {@link #prepare} writes the
 * scalars from the host, {@link #apply} issues the ops, which may be captured once and replayed. The tensors belong to the
 * workspace, the parameters to somebody else. One thread at a time.
 */
public final class Optimizer {
    /** What PyTorch's clip_grad_norm_ adds to a norm before dividing by it. */
    private static final double CLIP_EPS = 1e-6;

    private final Backend backend;
    private final OptimizerSettings settings;
    private final Map<String, Tensor> parameters;
    private final Map<String, Tensor> gradients = new LinkedHashMap<>();
    private final Map<String, Tensor> firstMoments = new LinkedHashMap<>();
    private final Map<String, Tensor> secondMoments = new LinkedHashMap<>();
    private final Predicate<String> decays;
    private final Tensor decaying; // scalars of the parameters that decay
    private final Tensor steady; // and of the others
    private final Tensor squares; // [1], sum of the squares of all gradients

    /**
     * An optimiser before its first step, with moments of zero.
     *
     * @param parameters F32, by name; changed by every step
     * @param decays which names weight decay applies to
     */
    public Optimizer(
            Backend backend,
            Workspace ws,
            Map<String, Tensor> parameters,
            OptimizerSettings settings,
            Predicate<String> decays) {
        this.backend = backend;
        this.settings = settings;
        this.parameters = new LinkedHashMap<>(parameters);
        this.decays = decays;
        TrainingOps ops = backend.training();
        this.parameters.forEach((name, parameter) -> {
            gradients.put(name, zeros(ops, ws, parameter));
            firstMoments.put(name, zeros(ops, ws, parameter));
            secondMoments.put(name, zeros(ops, ws, parameter));
        });
        this.decaying = ws.allocate(DType.F32, AdamStep.SCALARS);
        this.steady = ws.allocate(DType.F32, AdamStep.SCALARS);
        this.squares = ws.allocate(DType.F32, 1);
    }

    private static Tensor zeros(TrainingOps ops, Workspace ws, Tensor like) {
        Tensor zeros = ws.allocate(DType.F32, like.shape());
        ops.fill(zeros, 0);
        return zeros;
    }

    /** The settings. */
    public OptimizerSettings settings() {
        return settings;
    }

    /** Where backward passes add to, by the parameters' names. */
    public Map<String, Tensor> gradients() {
        return gradients;
    }

    /** First moments m, by the parameters' names. */
    public Map<String, Tensor> firstMoments() {
        return firstMoments;
    }

    /** Second moments v, by the parameters' names. */
    public Map<String, Tensor> secondMoments() {
        return secondMoments;
    }

    /** Issues the sum of the squares of all gradients, F32 [1]: the square of their global norm. */
    public Tensor squaredNorm() {
        TrainingOps ops = backend.training();
        ops.fill(squares, 0);
        gradients.values().forEach(gradient -> ops.accumulateProduct(gradient, gradient, squares));
        return squares;
    }

    /**
     * Sets the scalars of a step.
     *
     * @param step t, from 1
     * @param norm global norm of the gradients; counts only where a limit is set
     */
    public void prepare(long step, double norm) {
        double scale = settings.clipNorm() > 0 ? Math.min(1, settings.clipNorm() / (norm + CLIP_EPS)) : 1;
        backend.upload(scalars(step, scale, settings.weightDecay()), decaying);
        backend.upload(scalars(step, scale, 0), steady);
    }

    private HostTensor scalars(long step, double scale, double decay) {
        boolean l2 = settings.algorithm() == OptimizerSettings.Algorithm.ADAM;
        return new AdamStep(
                        step,
                        settings.rate(step),
                        settings.beta1(),
                        settings.beta2(),
                        settings.eps(),
                        l2 ? decay : 0,
                        l2 ? 0 : decay,
                        scale)
                .scalars();
    }

    /** Issues the step on every parameter. */
    public void apply() {
        TrainingOps ops = backend.training();
        parameters.forEach((name, parameter) -> ops.adam(
                parameter,
                gradients.get(name),
                firstMoments.get(name),
                secondMoments.get(name),
                decays.test(name) ? decaying : steady));
    }
}
