package dev.earshot.models.dino;

/** How the tokens of an image become one feature vector. */
public enum DinoPooling {
    /** Mean of the patch tokens, class token left out: [B, D]. The default for neighbour tables. */
    GAP,
    /** The class token, as in DINO's own k-NN evaluation: [B, D]. */
    CLS,
    /** The class token followed by the patch mean, as in DINO's linear evaluation of ViT-B: [B, 2 * D]. */
    GAP_WITH_CLS
}
