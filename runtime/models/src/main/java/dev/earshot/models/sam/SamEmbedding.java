package dev.earshot.models.sam;

/**
 * What SAM has seen of one image: everything about it that no prompt changes, in device memory. Serves any number of
 * {@link Sam#decode} calls, also in turns with other images. Close it before the model, which otherwise closes it; closing
 * twice is allowed.
 */
public final class SamEmbedding implements AutoCloseable {
    SamEmbedding() {}

    @Override
    public void close() {
        throw new UnsupportedOperationException("SAM embedding");
    }
}
