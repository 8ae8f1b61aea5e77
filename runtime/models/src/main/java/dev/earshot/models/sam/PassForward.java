package dev.earshot.models.sam;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Optional;

/**
 * The two halves of a pass over prepared inputs. Between them HQ-SAM decides on the host, by predicted IoU, which of SAM's
 * masks it adds.
 */
record PassForward(SamDecoder decoder, PassInputs inputs, ImageFeatures image) {
    /** The transformer and the IoU head; results stay allocated. */
    SamMaskDecoder.Attended attend(Backend b, Workspace ws, SamObserver observer) {
        Tensor stream = image.stream();
        Tensor projected = image.projected();
        if (inputs.masks().isPresent()) {
            Tensor masks = inputs.masks().get();
            stream = ws.allocate(DType.F32, stream.shape().with(0, masks.dim(0)));
            projected = ws.allocate(DType.F32, projected.shape().with(0, masks.dim(0)));
            decoder.prompts().addMasks(b, ws, masks, Optional.of(image.tokens()), stream);
            decoder.masks().transformer().project(b, ws, stream, projected);
        }
        return decoder.masks().attend(b, ws, inputs.tokens(), stream, projected, observer);
    }

    /** The wanted masks, F32 [B, M, 4 gh, 4 gw]. */
    Tensor render(Backend b, Workspace ws, SamMaskDecoder.Attended attended) {
        MaskChoice choice = MaskChoice.of(inputs.shape().multimask(), decoder.sizes());
        Tensor logits = logits(ws, decoder.isHighQuality() ? 1 : choice.count());
        if (decoder.isHighQuality()) {
            boolean alone = decoder.options().hqTokenOnly();
            Optional<Tensor> weights = alone ? Optional.empty() : Optional.of(inputs.weights());
            hqMasks(b, ws, attended, choice, weights, logits, SamObserver.NONE);
        } else {
            decoder.masks().masks(b, ws, attended, choice, logits, SamObserver.NONE);
        }
        return logits;
    }

    private Tensor logits(Workspace ws, int masks) {
        SamGrid grid = decoder.grid();
        return ws.allocate(DType.F32, inputs.shape().batch(), masks, 4L * grid.rows(), 4L * grid.columns());
    }

    private void hqMasks(
            Backend b,
            Workspace ws,
            SamMaskDecoder.Attended attended,
            MaskChoice choice,
            Optional<Tensor> weights,
            Tensor logits,
            SamObserver observer) {
        Tensor feature = image.hqFeature().orElseThrow();
        decoder.masks().hqMasks(b, ws, attended, choice, weights, feature, logits, observer);
    }

    /** Everything once, in view of {@code observer}. */
    void observe(Backend b, Workspace ws, SamObserver observer) {
        observer.see("tokens", inputs.tokens());
        if (inputs.masks().isPresent()) {
            Tensor masks = inputs.masks().get();
            Tensor dense = ws.allocate(DType.F32, image.tokens().shape().with(0, masks.dim(0)));
            decoder.prompts().addMasks(b, ws, masks, Optional.empty(), dense);
            observer.see("dense", dense);
        }
        SamMaskDecoder.Attended attended = attend(b, ws, observer);
        observer.see("iou", attended.iou());
        MaskChoice all = new MaskChoice(0, decoder.sizes().maskTokens());
        Tensor masks = logits(ws, all.count());
        decoder.masks().masks(b, ws, attended, all, masks, observer);
        observer.see("masks", masks);
        if (decoder.isHighQuality()) {
            Tensor own = logits(ws, 1);
            SamObserver withoutRepeats = (name, tensor) -> {
                if (!name.equals("upscaled")) {
                    observer.see(name, tensor);
                }
            };
            hqMasks(b, ws, attended, all, Optional.empty(), own, withoutRepeats);
            observer.see("hq_masks", own);
        }
    }
}
