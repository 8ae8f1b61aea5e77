package dev.earshot.tools.parity.kinds;

import dev.earshot.models.adaav.AdaAv;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.tensor.AdamStep;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.autograd.Tape;
import dev.earshot.tools.parity.GoldenCase;
import java.util.LinkedHashMap;
import java.util.Map;

/** The learning half of the AdaAV cases: gradients by the tape, and some steps of Adam. */
final class AdaAvLearning {
    private static final String GRADIENT = "expected.grad.";
    private static final String LOSSES = "expected.adam_losses";
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPS = 1e-8;

    private AdaAvLearning() {}

    /** Gradients of one module's parameters and of both of its inputs, from the gradient of its output. */
    static void module(GoldenCase golden, Backend b, AdaAv module, Tensor audio, Tensor image, Results results) {
        try (Trained trained = new Trained(b, module.parameters());
                Workspace ws = b.workspace(0)) {
            trained.watch("audio_tokens", audio);
            trained.watch("image_tokens", image);
            Tensor out = ws.allocate(DType.F32, image.shape());
            module.forward(trained.tape, ws, audio, image, out);
            trained.tape.backward(out, b.upload(ws, golden.input("out_grad"), DType.F32));
            trained.gradients.forEach((name, gradient) -> results.put(GRADIENT + name, gradient));
        }
    }

    /** Gradients of all adapter parameters and, where the case has them, the losses over some steps of Adam. */
    static void encoder(
            GoldenCase golden, Backend b, AdaptedImageBind adapted, Tensor image, Tensor audio, Results results) {
        Map<String, Tensor> parameters = adapted.adapters().parameters();
        try (Trained trained = new Trained(b, parameters);
                Workspace ws = b.workspace(0)) {
            float first = loss(golden, b, trained, adapted, image, audio, ws);
            trained.gradients.forEach((name, gradient) -> results.put(GRADIENT + name, gradient));
            if (!golden.has(LOSSES)) {
                return;
            }
            float[] losses =
                    new float[Math.toIntExact(golden.tensor(LOSSES).shape().elements())];
            losses[0] = first;
            double lr = golden.config().path("adam").path("lr").asDouble();
            Tensor scalars = ws.allocate(DType.F32, AdamStep.SCALARS);
            for (int step = 1; step < losses.length; step++) {
                trained.step(new AdamStep(step, lr, BETA1, BETA2, EPS, 0, 0, 1), scalars);
                losses[step] = loss(golden, b, trained, adapted, image, audio, ws);
            }
            results.put(LOSSES, losses, losses.length);
            parameters.forEach((name, parameter) -> {
                if (golden.has("expected.after_adam." + name)) {
                    results.put("expected.after_adam." + name, parameter);
                }
            });
        }
    }

    /** sum(features * feature_grad) / count, with its gradients. */
    private static float loss(
            GoldenCase golden,
            Backend b,
            Trained trained,
            AdaptedImageBind adapted,
            Tensor image,
            Tensor audio,
            Workspace ws) {
        Tape tape = trained.tape;
        tape.reset();
        try (Workspace.Frame _ = ws.frame()) {
            AdaptedImageBind.Heard heard = adapted.hear(tape, ws, audio);
            Tensor stream = adapted.encode(tape, ws, image, heard);
            Tensor features = adapted.features(tape, ws, stream, FeatureNorm.HEAD);
            long count = features.shape().elements();
            Tensor weighed = ws.allocate(DType.F32, features.shape());
            tape.binary(BinaryOp.MULTIPLY, features, b.upload(ws, golden.input("feature_grad"), DType.F32), weighed);
            Tensor loss = ws.allocate(DType.F32, 1);
            tape.reduce(ReduceOp.MEAN, weighed.reshape(1, count), 1, loss);
            tape.zeroGradients();
            tape.backward(loss);
            return b.download(loss)[0];
        }
    }

    /** Watched parameters with their gradients and Adam's moments. */
    private static final class Trained implements AutoCloseable {
        private final Backend b;
        private final Tape tape;
        private final ParameterScope scope;
        private final Map<String, Tensor> parameters;
        private final Map<String, Tensor> gradients = new LinkedHashMap<>();
        private final Map<String, Tensor> firstMoments = new LinkedHashMap<>();
        private final Map<String, Tensor> secondMoments = new LinkedHashMap<>();

        Trained(Backend b, Map<String, Tensor> parameters) {
            this.b = b;
            this.parameters = parameters;
            this.tape = new Tape(b);
            this.scope = b.parameters();
            parameters.forEach((name, parameter) -> {
                watch(name, parameter);
                firstMoments.put(name, zeros(parameter));
                secondMoments.put(name, zeros(parameter));
            });
        }

        void watch(String name, Tensor tensor) {
            gradients.put(name, zeros(tensor));
            tape.watch(tensor, gradients.get(name));
        }

        private Tensor zeros(Tensor like) {
            int count = Math.toIntExact(like.shape().elements());
            return scope.tensor(HostTensor.of(new float[count], like.shape().toArray()), DType.F32);
        }

        void step(AdamStep step, Tensor scalars) {
            b.upload(step.scalars(), scalars);
            parameters.forEach((name, parameter) -> b.training()
                    .adam(parameter, gradients.get(name), firstMoments.get(name), secondMoments.get(name), scalars));
        }

        @Override
        public void close() {
            tape.close();
            scope.close();
        }
    }
}
