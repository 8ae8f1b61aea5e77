/**
 * Pictures: bounded readers for PNG and JPEG, Pillow's resampler bit for bit, and the preprocessing of the networks.
 *
 * <p>Start at {@link dev.earshot.segmentation.image.ImageFiles} and
 * {@link dev.earshot.segmentation.image.ImagePreprocess}. Pictures are 8-bit RGB in plain arrays; nothing here knows a
 * tensor.
 */
package dev.earshot.segmentation.image;
