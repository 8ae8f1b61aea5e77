package dev.earshot.segmentation.cascade;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.audio.ImageBindAudio;
import dev.earshot.segmentation.moca.MocaModel;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** ImageBind's two towers, class tokens through the published heads. Owns its handle of the model. One thread at a time. */
final class ImageBindEmbedder implements JointEmbedder {
    private final Backend backend;
    private final MocaModel owned;
    private final ImageBind model;
    private final int batch;
    private final ForwardSession<Tensor> images;
    private final ForwardSession<Tensor> sounds;
    private final ImageBindAudio logMel = ImageBindAudio.STANDARD;

    /**
     * On a model whose ownership is taken.
     *
     * @param batch most pictures per pass
     */
    ImageBindEmbedder(MocaModel owned, int batch) {
        this.owned = owned;
        this.model = owned.imageBind();
        this.backend = owned.backend();
        this.batch = batch;
        this.images = model.imageSession();
        this.sounds = model.audioSession();
    }

    @Override
    public String name() {
        return "ImageBind";
    }

    @Override
    public int side() {
        return model.config().vision().vit().imageSize();
    }

    @Override
    public float[] sound(float[] samples) {
        float[] mel = logMel.segment(samples);
        int bins = logMel.fbank().options().melBins();
        return backend.download(sounds.run(HostTensor.of(mel, 1, 1, bins, logMel.targetFrames())));
    }

    /** In groups of 2^n pictures, so that few shapes are captured whatever the number of proposals. */
    @Override
    public List<float[]> pictures(List<float[]> pictures) {
        List<float[]> embeddings = new ArrayList<>();
        int side = side();
        for (int from = 0; from < pictures.size(); ) {
            int size = Integer.highestOneBit(Math.min(batch, pictures.size() - from));
            float[] values = new float[size * 3 * side * side];
            for (int i = 0; i < size; i++) {
                System.arraycopy(pictures.get(from + i), 0, values, i * 3 * side * side, 3 * side * side);
            }
            float[] out = backend.download(images.run(HostTensor.of(values, size, 3, side, side)));
            int width = out.length / size;
            for (int i = 0; i < size; i++) {
                embeddings.add(Arrays.copyOfRange(out, i * width, (i + 1) * width));
            }
            from += size;
        }
        return embeddings;
    }

    @Override
    public void close() {
        images.close();
        sounds.close();
        owned.close();
    }
}
