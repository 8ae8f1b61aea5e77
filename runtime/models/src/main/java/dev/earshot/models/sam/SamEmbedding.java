package dev.earshot.models.sam;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * What SAM has seen of one image: everything about it that no prompt changes, in device memory (14 MB at the published
 * sizes, 22 MB for HQ-SAM). Serves any number of {@link Sam#decode} calls, also in turns with other images. Close it to give
 * the memory to the next image; closing twice, or after the model, is allowed.
 */
public final class SamEmbedding implements AutoCloseable {
    private final SamDecoder owner;
    private final Slot slot;
    private boolean closed;

    /** Memory for one image, used again for the next. */
    record Slot(Workspace workspace, ImageFeatures features) {}

    SamEmbedding(SamDecoder owner, Slot slot) {
        this.owner = owner;
        this.slot = slot;
    }

    /** The image embedding, F32 [1, gridRows * gridColumns, E]; for reading, until the close. */
    public Tensor tokens() {
        return features(owner).tokens();
    }

    /** What {@code decoder} needs of the image. */
    ImageFeatures features(SamDecoder decoder) {
        if (closed || owner.isClosed()) {
            throw new IllegalStateException("SAM embedding: expected an open one, got one that was closed%s"
                    .formatted(closed ? "" : " with its model"));
        }
        if (decoder != owner) {
            throw new IllegalArgumentException("SAM embedding: expected one of this model, got one of another");
        }
        return slot.features();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            owner.giveBack(slot);
        }
    }
}
