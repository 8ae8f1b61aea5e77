/**
 * DINO vision transformers as image featurisers. Start at {@link dev.earshot.models.dino.Dino}. Keys of the checkpoints, the
 * authors' and Hugging Face's, stand in {@code DinoLayout} and nowhere else.
 */
package dev.earshot.models.dino;
