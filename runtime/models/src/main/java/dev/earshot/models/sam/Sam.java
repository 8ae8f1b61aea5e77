package dev.earshot.models.sam;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.Weights;

/**
 * Segment Anything, or HQ-SAM if the checkpoint holds it: one image embedding serves any number of prompts. Owns the
 * prepared weights; close it before the backend. One thread at a time.
 *
 * <p>Source: facebookresearch/segment-anything, SysCV/sam-hq.
 */
public final class Sam implements AutoCloseable {
    private Sam() {}

    /**
     * Loads a model under the authors' keys or Hugging Face's; sizes are read off the checkpoint's shapes.
     *
     * @throws dev.earshot.tensor.weights.WeightsException if the file is not one of SAM or HQ-SAM, saying what it looks like
     */
    public static Sam load(Backend backend, Weights weights, SamOptions options) {
        throw new UnsupportedOperationException("SAM");
    }

    /** As {@link #load(Backend, Weights, SamOptions)} for a model of known sizes. */
    public static Sam load(Backend backend, Weights weights, SamConfig config, SamOptions options) {
        throw new UnsupportedOperationException("SAM");
    }

    /** Sizes of this model. */
    public SamConfig config() {
        throw new UnsupportedOperationException("SAM");
    }

    /** True for HQ-SAM, which always gives one mask per prompt. */
    public boolean isHighQuality() {
        throw new UnsupportedOperationException("SAM");
    }

    /**
     * Runs the image encoder.
     *
     * @param pixels F32 [1, 3, S, S], normalised and padded
     * @return holds device memory; close it
     */
    public SamEmbedding embed(HostTensor pixels) {
        throw new UnsupportedOperationException("SAM");
    }

    /**
     * Decodes prompts against one image, in passes that stay under the memory ceiling; each pass's results are handed over
     * while they are valid. No prompts, no call of the sink.
     *
     * @param multimask three masks per prompt, for prompts that may mean a part, an object or a group; otherwise one
     */
    public void decode(SamEmbedding image, SamPrompts prompts, boolean multimask, SamSink sink) {
        throw new UnsupportedOperationException("SAM");
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("SAM");
    }
}
