package dev.earshot.models.sam;

/**
 * Which mask tokens become masks.
 *
 * @param from first token
 * @param to token after the last
 */
record MaskChoice(int from, int to) {
    /** The token for prompts that mean one thing, or those for prompts that may mean several. */
    static MaskChoice of(boolean multimask, SamConfig.Decoder sizes) {
        return multimask ? new MaskChoice(1, sizes.maskTokens()) : new MaskChoice(0, 1);
    }

    int count() {
        return to - from;
    }
}
