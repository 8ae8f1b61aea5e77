package dev.earshot.models.sam;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the decoder needs of an image, none of which depends on a prompt.
 *
 * @param tokens F32 [1, N, E], the image embedding
 * @param stream F32 [1, N, E], the decoder's image stream without a mask prompt
 * @param projected F32 [1, N, 3 c], the first layer's projections of that stream
 * @param hqFeature [1, N * 16, E / 8] of the compute type, in quad order; only from HQ-SAM
 */
record ImageFeatures(Tensor tokens, Tensor stream, Tensor projected, Optional<Tensor> hqFeature) {
    /** Copies everything into tensors of the same shapes. */
    void copyTo(Backend b, ImageFeatures target) {
        List<Tensor> from = all();
        List<Tensor> to = target.all();
        for (int i = 0; i < from.size(); i++) {
            b.copy(from.get(i), to.get(i));
        }
    }

    private List<Tensor> all() {
        List<Tensor> all = new ArrayList<>(List.of(tokens, stream, projected));
        hqFeature.ifPresent(all::add);
        return all;
    }
}
