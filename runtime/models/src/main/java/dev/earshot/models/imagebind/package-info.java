/**
 * ImageBind's image and audio encoders. Start at {@link dev.earshot.models.imagebind.ImageBind}; the forward passes are
 * {@link dev.earshot.models.imagebind.ImageBindVision} and {@link dev.earshot.models.imagebind.ImageBindAudio}. Keys of
 * the checkpoint stand in {@code ImageBindKeys} and nowhere else.
 */
package dev.earshot.models.imagebind;
