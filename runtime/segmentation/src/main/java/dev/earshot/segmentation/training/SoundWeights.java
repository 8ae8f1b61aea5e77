package dev.earshot.segmentation.training;

import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.Trunk;
import dev.earshot.segmentation.moca.JointCentre;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Arrays;
import java.util.Optional;

/**
 * How much the frozen model thinks each pixel of a picture sounds: softmax over the pixels of the cosine between their
 * joint-space tokens and the sound, divided by a temperature. Constants for the loss.
 */
final class SoundWeights {
    private static final float NORM_EPS = 1e-12f;

    private final AdaptedImageBind model;
    private final float temperature;
    private final Optional<Centre> centre;

    /** Means, F32 [J] each. */
    private record Centre(Tensor audio, Tensor image) {}

    /** Weights of a temperature; the means live in {@code ws}. */
    SoundWeights(AdaptedImageBind model, double temperature, Optional<JointCentre> centre, Workspace ws) {
        this.model = model;
        this.temperature = (float) temperature;
        Backend b = model.model().backend();
        this.centre = centre.map(means -> new Centre(
                b.upload(ws, HostTensor.of(means.audio(), 1, means.audio().length), DType.F32),
                b.upload(ws, HostTensor.of(means.image(), 1, 1, means.image().length), DType.F32)));
    }

    /**
     * Issues the weights.
     *
     * @param entering F32 [B, 1 + P, d_v], image streams that enter the first adapted block; not changed
     * @param sound F32 [B, J], audio embeddings
     * @return F32 [B, side, side]
     */
    Tensor of(Backend b, Workspace ws, Tensor entering, Tensor sound) {
        long batch = entering.dim(0);
        long pixels = entering.dim(1) - 1;
        long side = Math.round(Math.sqrt(pixels));
        Tensor weights = ws.allocate(DType.F32, batch, side, side);
        try (Workspace.Frame _ = ws.frame()) {
            ImageBind frozen = model.model();
            Trunk trunk = frozen.vision().trunk();
            Tensor stream = b.copy(ws, entering, DType.F32);
            trunk.run(b, ws, stream, model.firstAdaptedBlock(), trunk.depth(), BlockHook.NONE);
            Tensor patches = b.copy(ws, stream.slice(1, 1, pixels + 1), DType.F32);
            Tensor tokens = unit(b, ws, frozen.vision().head().jointTokens(b, ws, patches), centre.map(Centre::image));
            Tensor voice = unit(b, ws, sound, centre.map(Centre::audio));
            Tensor cosines = ws.allocate(DType.F32, batch, pixels, 1);
            b.matmul(tokens, voice.reshape(batch, voice.dim(1), 1), 1, cosines);
            b.softmax(cosines.reshape(batch, pixels), 1 / temperature, weights.reshape(batch, pixels));
        }
        return weights;
    }

    /** Rows of length 1, again after the subtraction of a mean. */
    private static Tensor unit(Backend b, Workspace ws, Tensor x, Optional<Tensor> mean) {
        Tensor unit = ws.allocate(DType.F32, x.shape());
        b.l2Normalize(x, NORM_EPS, unit);
        if (mean.isEmpty()) {
            return unit;
        }
        Tensor centred = ws.allocate(DType.F32, x.shape());
        b.binary(BinaryOp.SUBTRACT, unit, mean.get(), centred);
        b.l2Normalize(centred, NORM_EPS, unit);
        return unit;
    }

    /** Hash of centre vectors, for checkpoints. */
    static String sha256(JointCentre centre) {
        return Sha256.of(Arrays.toString(centre.audio()) + Arrays.toString(centre.image()));
    }
}
