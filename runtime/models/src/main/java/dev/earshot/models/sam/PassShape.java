package dev.earshot.models.sam;

/**
 * What tells one captured pass from another.
 *
 * @param batch prompts, B
 * @param tokens of each prompt, T, with those of the decoder
 * @param maskPrompts 0, 1 for all prompts together, or B
 * @param multimask several masks per prompt
 */
record PassShape(int batch, int tokens, int maskPrompts, boolean multimask) {
    static PassShape of(SamDecoder decoder, SamPrompts prompts, int batch, boolean multimask) {
        int own = decoder.masks().outputTokens().length / decoder.sizes().width();
        boolean each = prompts.masks().length > decoder.prompts().maskPixels();
        int maskPrompts = !prompts.hasMasks() ? 0 : each ? batch : 1;
        return new PassShape(batch, own + SamPromptEncoder.tokens(prompts), maskPrompts, multimask);
    }
}
