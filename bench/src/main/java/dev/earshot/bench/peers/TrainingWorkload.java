package dev.earshot.bench.peers;

import dev.earshot.bench.result.ResidentMemory;
import dev.earshot.bench.work.Work;
import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaAvConfig;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.AdaptedImageBind.Heard;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.imagebind.AudioConfig;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.segmentation.training.AdapterSettings;
import dev.earshot.segmentation.training.Optimizer;
import dev.earshot.segmentation.training.OptimizerSettings;
import dev.earshot.segmentation.training.Schedule;
import dev.earshot.segmentation.training.TripletLoss;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.autograd.Tape;
import dev.earshot.tensor.weights.Weights;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A whole training step of MoCA with filler weights and nothing cached: audio trunk on B sounds, image trunk on 3 B pictures,
 * adapters, pixel matching, hinge, gradients, Adam. Its learning rate is 0, so that every run has the same gradients, which
 * are the result.
 */
final class TrainingWorkload implements Workload {
    static final String PREFIX = "train-";

    private static final int SIDE = 224;
    private static final int MEL = 128;
    private static final int FRAMES = 204;
    private static final int JOINT = 64;
    private static final double MARGIN = 0.3;

    /** Sizes of the demo world's models. */
    private static final ImageBindConfig TINY = new ImageBindConfig(
            new VisionConfig(new VitConfig(SIDE, 14, 128, 4, 4, 512, ImageBindConfig.LAYER_NORM_EPS), JOINT),
            new AudioConfig(16, AudioConfig.STRIDE, 228, 96, 4, 3, 384, JOINT));

    private final Backend backend;
    private final Workspace ws;
    private final ImageBind model;
    private final AdaAvAdapters adapters;
    private final AdaptedImageBind adapted;
    private final Tape tape;
    private final Optimizer optimizer;
    private final Tensor images; // [3 B, 3, 224, 224]
    private final Tensor sounds; // [B, 1, 128, 204]
    private final Program program;
    private final WorkCounter work = new WorkCounter();
    private Work ofStep = Work.NONE;

    /**
     * Loads a model and captures a step.
     *
     * @param name {@code train-tiny} or {@code train-imagebind}
     */
    TrainingWorkload(String backendName, String name, int batch, DType compute) {
        ImageBindConfig config = name.equals("train-tiny") ? TINY : ImageBindConfig.HUGE;
        backend = work.over(Backends.open(backendName));
        ws = backend.workspace(64L << 20);
        model = ImageBind.load(backend, ImageBind.filler(config), config, compute);
        AdaAvConfig places = AdapterSettings.DEFAULT.on(config);
        adapters = AdaAvAdapters.load(backend, filler(places, config), places, config);
        adapted = new AdaptedImageBind(model, adapters);
        tape = new Tape(backend);
        OptimizerSettings settings = new OptimizerSettings(
                OptimizerSettings.Algorithm.ADAM, 0, Schedule.CONSTANT, 1, 0, 0.9, 0.999, 1e-8, 0);
        optimizer = new Optimizer(backend, ws, adapters.parameters(), settings, _ -> true);
        adapters.parameters()
                .forEach((key, parameter) ->
                        tape.watch(parameter, optimizer.gradients().get(key)));
        images = backend.upload(ws, Filler.tensor("input.images", 3L * batch, 3, SIDE, SIDE), DType.F32);
        sounds = backend.upload(ws, Filler.tensor("input.sounds", batch, 1, MEL, FRAMES), DType.F32);
        optimizer.prepare(1, 0);
        program = backend.capture(_ -> step());
    }

    private static Weights filler(AdaAvConfig places, ImageBindConfig config) {
        Weights shapes = AdaAvAdapters.initial(places, config, 0);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        shapes.keys()
                .forEach(key ->
                        tensors.put(key, Filler.tensor(key, shapes.shape(key).toArray())));
        return Weights.of("filler adapters", tensors);
    }

    private void step() {
        try (Workspace.Frame _ = ws.frame()) {
            tape.reset();
            Heard heard = adapted.hear(backend, ws, sounds);
            Tensor stream = model.vision().preNorm(backend, ws, model.vision().tokens(backend, ws, images));
            model.vision().trunk().run(backend, ws, stream, 0, adapted.firstAdaptedBlock(), BlockHook.NONE);
            adapted.encodeFrom(tape, ws, stream, heard);
            Tensor features = adapted.features(tape, ws, stream, FeatureNorm.HEAD);
            long side = Math.round(Math.sqrt(features.dim(1)));
            Tensor grids = features.reshape(features.dim(0), side, side, features.dim(2));
            TripletLoss.Result loss = new TripletLoss(PixelMatching.DEFAULT, MARGIN).of(tape, ws, grids);
            tape.zeroGradients();
            tape.backward(loss.mean());
            optimizer.apply();
        }
    }

    @Override
    public void run() {
        Work before = work.total();
        program.run();
        backend.synchronize();
        ofStep = work.total().minus(before);
    }

    /** The gradients of all parameters, in the order of the adapter file. */
    @Override
    public float[] output() {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        optimizer.gradients().forEach((key, gradient) -> gradients.put(key, backend.download(gradient)));
        float[] all = new float
                [gradients.values().stream().mapToInt(each -> each.length).sum()];
        int at = 0;
        for (float[] each : gradients.values()) {
            System.arraycopy(each, 0, all, at, each.length);
            at += each.length;
        }
        return all;
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        ofStep.addTo(facts);
        facts.put("peak_mb", ResidentMemory.ownPeakMegabytes());
        return facts;
    }

    @Override
    public void close() {
        program.close();
        tape.close();
        adapters.close();
        model.close();
        ws.close();
        backend.close();
    }
}
