/**
 * Sound: bounded WAV reading, windowed-sinc resampling, Kaldi log-mel filter banks, and the inputs of ImageBind and AST.
 *
 * <p>Start at {@link dev.earshot.segmentation.audio.Waveform} and {@link dev.earshot.segmentation.audio.Fbank}. Samples
 * are floats in about [-1, 1]; they are never scaled to the 16-bit range.
 */
package dev.earshot.segmentation.audio;
