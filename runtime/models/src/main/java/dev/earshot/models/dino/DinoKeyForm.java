package dev.earshot.models.dino;

import dev.earshot.models.vit.PositionResampling;

/** Under which names a DINO checkpoint stores its tensors; the two worlds also differ in two numbers. */
public enum DinoKeyForm {
    /** The authors' files: {@code blocks.0.attn.qkv.weight}. */
    ORIGINAL(1e-6f, PositionResampling.DINO_ORIGINAL),
    /** The transformers library: {@code encoder.layer.0.attention.attention.query.weight} and its newer names. */
    HUGGING_FACE(1e-12f, PositionResampling.TRANSFORMERS);

    private final float layerNormEps;
    private final PositionResampling resampling;

    DinoKeyForm(float layerNormEps, PositionResampling resampling) {
        this.layerNormEps = layerNormEps;
        this.resampling = resampling;
    }

    /** Eps of the layer norms in the code that reads such files. The weights were trained with 1e-6. */
    public float layerNormEps() {
        return layerNormEps;
    }

    /** How that code resamples positions. */
    public PositionResampling resampling() {
        return resampling;
    }
}
